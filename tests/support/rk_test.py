"""What the tests that run real programs share.

CMake passes in the environment where the programs lie (RK_PROGRAMS, RK_TEST_PROGRAMS), the schemas
(RK_SCHEMAS), and how much slower this build is than a plain one (RK_TIME_SCALE: sanitizers).
Nothing here waits without a limit, and only processes that a test started are ended.
"""

import contextlib
import json
import math
import os
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
import unittest

import jsonschema

TIME_SCALE = float(os.environ.get("RK_TIME_SCALE", "1"))


def seconds(plain):
    """A time limit as this build needs it."""
    return plain * TIME_SCALE


def program(name):
    for folder in (os.environ["RK_PROGRAMS"], os.environ["RK_TEST_PROGRAMS"]):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            return path
    raise AssertionError(f"{name} is not built")


def wait_until(condition, limit=10, what="the condition"):
    """Polls until `condition` is true and returns its value; there is no event for another process's state."""
    until = time.monotonic() + seconds(limit)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= until:
            raise AssertionError(f"{what} did not come true within {seconds(limit):g} s")
        time.sleep(0.02)


# ---- documents --------------------------------------------------------------------------------------------------

def schema(name):
    with open(os.path.join(os.environ["RK_SCHEMAS"], name + ".schema.json"), encoding="utf-8") as file:
        return json.load(file)


def refuse_constant(text):
    raise AssertionError(f"{text} is no JSON")


def parse_document(text):
    """JSON as the standard has it: no NaN, no key twice."""
    def unique(pairs):
        assert len(dict(pairs)) == len(pairs), f"a key twice in {pairs}"
        return dict(pairs)
    return json.loads(text, parse_constant=refuse_constant, object_pairs_hook=unique)


def validate(text, name):
    """Parses one document and checks it against its schema."""
    document = parse_document(text)
    assert document["schema"] == f"rk-inspect/{name}/1", document["schema"]
    jsonschema.Draft202012Validator(schema(name)).validate(document)
    return document


# ---- metrics ----------------------------------------------------------------------------------------------------

SERIES = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\.)*",?)*\})? (\S+)$')


def parse_scrape(text):
    """Types by metric, and values by series. Fails for a series that is there twice: promtool does not."""
    types, series = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split(" ")[2:]
            assert name not in types, f"{name} has two TYPE lines"
            types[name] = kind
        elif line and not line.startswith("#"):
            found = SERIES.match(line)
            assert found, f"no sample: {line!r}"
            key = found[1] + (found[2] or "")
            assert key not in series, f"twice: {key}"
            assert found[1] in types, f"{found[1]} has no TYPE"
            series[key] = {"NaN": math.nan, "+Inf": math.inf, "-Inf": -math.inf}.get(found[3]) or float(found[3])
    return types, series


def check_scrape(test, text):
    """Lets promtool judge a scrape, and checks what it lets pass. Returns values by series."""
    if os.environ.get("RK_PROMTOOL") != "absent":  # said by scripts/run-packed, where it cannot be
        promtool = shutil.which("promtool")
        test.assertIsNotNone(promtool, "promtool is needed (Debian: prometheus)")
        judged = subprocess.run([promtool, "check", "metrics"], input=text, text=True, capture_output=True,
                                timeout=seconds(30))
        test.assertEqual((judged.returncode, judged.stdout + judged.stderr), (0, ""), text)
    types, series = parse_scrape(text)
    for name, kind in types.items():
        test.assertEqual(kind == "counter", name.endswith("_total"), name)
    return series


def value_of(series, name, **labels):
    """The one series of that name that has these labels, or None."""
    wanted = [f'{key}="{value}"' for key, value in labels.items()]
    found = [v for key, v in series.items() if key.split("{")[0] == name and all(w in key for w in wanted)]
    assert len(found) <= 1, f"several {name} with {labels}"
    return found[0] if found else None


# ---- processes --------------------------------------------------------------------------------------------------

class Process:
    """A program that a test started. Its output goes to files, so that it never waits for a reader."""

    def __init__(self, arguments, environment, stdin=subprocess.DEVNULL, **options):
        self.arguments = arguments
        self._out = tempfile.TemporaryFile(mode="w+b")
        self._err = tempfile.TemporaryFile(mode="w+b")
        self._process = subprocess.Popen(arguments, env=environment, stdin=stdin, stdout=self._out, stderr=self._err,
                                         **options)

    @property
    def pid(self):
        return self._process.pid

    @staticmethod
    def _content(file):
        return os.pread(file.fileno(), 1 << 26, 0).decode("utf-8", "replace")

    @property
    def stdout(self):
        return self._content(self._out)

    @property
    def stderr(self):
        return self._content(self._err)

    def send(self, number):
        self._process.send_signal(number)

    def has_ended(self):
        return self._process.poll() is not None

    def wait(self, limit=10):
        """Exit status; fails if the process does not end in time."""
        try:
            return self._process.wait(seconds(limit))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.arguments} still runs after {seconds(limit):g} s\n{self.stderr}") from None

    def end(self):
        """The last resort, for what a failed test leaves behind."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._out.close()
        self._err.close()


class RkTest(unittest.TestCase):
    """A test with a runtime folder of its own, and programs that run in it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="rk-", dir="/tmp")  # short: a socket's path is bounded
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.runtime = os.path.join(self.folder, "run")
        os.mkdir(self.runtime, 0o700)
        self.environment = {**os.environ, "RK_RUNTIME_DIR": self.runtime, "LC_ALL": "C.UTF-8", "TERM": "xterm"}

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, name, *arguments, **options):
        process = Process([program(name), *arguments], options.pop("environment", self.environment), **options)
        self.addCleanup(process.end)
        return process

    def inspect(self, *arguments, expect=0, limit=20, environment=None, **options):
        """Runs rk-inspect to its end. Whatever the command, an error is one line that names the program."""
        done = subprocess.run([program("rk-inspect"), *arguments], env=environment or self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds(limit),
                              **options)
        shown = f"rk-inspect {' '.join(arguments)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        self.assertIn(done.returncode, [expect] if isinstance(expect, int) else expect, shown)
        if done.returncode > 1:
            self.check_complaint(done.stderr)
        return done

    def check_complaint(self, text, program_name="rk-inspect"):
        """An error is one sentence on one line."""
        self.assertRegex(text, rf"\A{program_name}: [^\n]{{8,}}\n\Z")

    def document(self, *arguments, name, **options):
        return validate(self.inspect(*arguments, **options).stdout, name)

    def read_value(self, target, expression):
        return self.document("read", target, expression, "--json", name="read")["value"]

    def start_wave(self, name="demo", *arguments, size=24, moving=True):
        """A wave that runs: with `moving`, it has done a step."""
        wave = self.start("rk-wave", "--name", name, "--size", str(size), *arguments)
        wait_until(lambda: os.path.exists(os.path.join(self.runtime, name + ".session")) or wave.has_ended(), 30,
                   f"the session {name}")
        self.assertFalse(wave.has_ended(), wave.stderr)
        if moving:
            wait_until(lambda: self.steps(name) > 0, 30, f"the first step of {name}")
        return wave

    def steps(self, name):
        done = subprocess.run([program("rk-inspect"), "read", name, "step_counter"], env=self.environment,
                              capture_output=True, text=True, timeout=seconds(20))
        return int(done.stdout) if done.returncode == 0 else 0


@contextlib.contextmanager
def stopped(process):
    """The process is frozen, and goes on afterwards."""
    process.send(signal.SIGSTOP)
    try:
        yield
    finally:
        if not process.has_ended():
            process.send(signal.SIGCONT)


def read_available(descriptor, limit):
    """What comes within `limit` seconds; empty at the end of the stream or if nothing comes."""
    ready, _, _ = select.select([descriptor], [], [], limit)
    if not ready:
        return b""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)
