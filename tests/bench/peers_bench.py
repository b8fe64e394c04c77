#!/usr/bin/env python3
"""What others do to a persistent kernel, beside what we do: rk-wave runs, and is looked into by each in turn.

For each: how long it took, for how long the kernel made no step, after what time the process answered again, and
whether the kernel lives afterwards. A tool that this machine lacks is said to be missing. Prints a table and, last, a
JSON line.
"""
import argparse
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time


class Wave:
    """A running rk-wave in a runtime folder of its own."""

    def __init__(self, folder, environment=()):
        self.folder = tempfile.mkdtemp(dir=folder)
        self.environment = dict(os.environ, RK_RUNTIME_DIR=self.folder, **dict(environment))
        self.inspect_program = os.path.join(arguments.bin, "rk-inspect")
        self.process = subprocess.Popen([os.path.join(arguments.bin, "rk-wave"), "--name", "peer", "--size", "64"],
                                        env=self.environment, cwd=self.folder, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while self.steps() is None and time.monotonic() < until:
            time.sleep(0.05)

    def inspect(self, *words):
        return subprocess.run([self.inspect_program, "--timeout", "5", *words], env=self.environment, text=True,
                              capture_output=True, timeout=60)

    def steps(self):
        done = self.inspect("read", "peer", "step_counter")
        return int(done.stdout) if done.returncode == 0 else None

    def lives(self):
        """Whether steps are made now."""
        first = self.steps()
        time.sleep(0.1)
        second = self.steps()
        return first is not None and second is not None and second > first

    def next_steps(self, limit):
        """The counter as soon as the session answers; None if it does not, or the process has ended."""
        until = time.monotonic() + limit
        while time.monotonic() < until and self.process.poll() is None:
            steps = self.steps()
            if steps is not None:
                return steps
        return None

    def lost_seconds(self, action):
        """Runs `action`. Returns how long that took, the time for which by the rate before steps are missing, and the
        time until the session answered afterwards."""
        begin, first = time.monotonic(), self.steps()
        time.sleep(0.5)
        middle, second = time.monotonic(), self.steps()
        if first is None or second is None:
            raise RuntimeError("rk-wave does not run")
        rate = (second - first) / (middle - begin)
        action_begin = time.monotonic()
        note = action()
        took = time.monotonic() - action_begin
        last = self.next_steps(limit=60)
        end = time.monotonic()
        if last is None:
            status = self.process.poll()
            what = "no answer" if status is None else f"the process ended with status {status}"
            return took, None, None, f"{note}; {what} after {end - action_begin:.0f} s"
        lost = max(0.0, (end - middle) - (last - second) / rate)
        return took, lost, end - action_begin - took, note

    def end(self):
        self.process.kill()
        self.process.wait()


def core_dump(folder):
    pipe = os.path.join(folder, "trigger")
    wave = Wave(folder, {"CUDA_ENABLE_USER_TRIGGERED_COREDUMP": "1", "CUDA_COREDUMP_PIPE": pipe,
                         "CUDA_COREDUMP_FILE": os.path.join(folder, "core"),
                         "CUDA_COREDUMP_GENERATION_FLAGS": "skip_abort"}.items())

    def trigger():
        with open(pipe, "wb", buffering=0) as file:
            file.write(b"x" * 1024)
        until = time.monotonic() + 60
        path = os.path.join(folder, "core")
        size = -1
        while time.monotonic() < until:
            now = os.path.getsize(path) if os.path.exists(path) else -1
            if now > 0 and now == size:
                return f"{now >> 20} MiB"
            size = now
            time.sleep(0.2)
        return "no file"

    return wave, trigger


def lock(folder):
    wave = Wave(folder)
    driver = ctypes.CDLL("libcuda.so.1")

    class Arguments(ctypes.Structure):  # CUcheckpointLockArgs: timeout in ms, then reserved words
        _fields_ = [("timeout_ms", ctypes.c_uint), ("reserved0", ctypes.c_uint), ("reserved1", ctypes.c_uint64 * 7)]

    def trigger():
        driver.cuInit(0)
        result = driver.cuCheckpointProcessLock(ctypes.c_int(wave.process.pid),
                                                ctypes.byref(Arguments(timeout_ms=2000)))
        name = ctypes.c_char_p()
        driver.cuGetErrorName(result, ctypes.byref(name))
        if result == 0:
            driver.cuCheckpointProcessUnlock(ctypes.c_int(wave.process.pid), None)
        return name.value.decode() if name.value else str(result)

    return wave, trigger


def debugger(folder):
    if shutil.which("cuda-gdb") is None:
        return None, "cuda-gdb is not on this machine"
    wave = Wave(folder)

    def trigger():
        try:
            done = subprocess.run(["cuda-gdb", "-batch", "-p", str(wave.process.pid), "-ex", "info cuda kernels", "-ex",
                                   "detach"], text=True, capture_output=True, timeout=60)
            return f"status {done.returncode}"
        except subprocess.TimeoutExpired:
            return "did not end within 60 s"

    return wave, trigger


def ours(*words):
    def make(folder):
        wave = Wave(folder)

        def trigger():
            done = wave.inspect(*(word.replace("FOLDER", folder) for word in words))
            return "" if done.returncode == 0 else done.stderr.strip()
        return wave, trigger
    return make


CASES = [("rk-inspect read", ours("read", "peer", "pressure", "--npy", "FOLDER/p.npy")),
         ("rk-inspect checkpoint", ours("checkpoint", "peer", "-o", "FOLDER/c.safetensors")),
         ("cuda-gdb attach, look, detach", debugger), ("user-triggered GPU core dump", core_dump),
         ("cuCheckpointProcessLock, 2 s", lock)]


def main():
    rows = []
    print(f"{'what':<32} {'took s':>8} {'lost s':>8} {'silent s':>9}  lives  note")
    for name, make in CASES:
        row = {"what": name}
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o700)
            wave, trigger = make(folder)
            if wave is None:
                row["note"] = trigger
                print(f"{name:<32} {'-':>8} {'-':>8} {'-':>9}  -      {trigger}")
            else:
                try:
                    took, lost, silent, note = wave.lost_seconds(trigger)
                    row.update(took_s=took, lost_s=lost, silent_s=silent, lives=wave.lives(), note=note)
                    shown = ["-" if s is None else f"{s:.3f}" for s in (lost, silent)]
                    print(f"{name:<32} {took:>8.3f} {shown[0]:>8} {shown[1]:>9}  {'yes' if row['lives'] else 'no':<5}"
                          f"  {note}")
                except Exception as e:  # a peer that fails is a result too
                    row["note"] = str(e)
                    print(f"{name:<32} {'-':>8} {'-':>8} {'-':>9}  -      {e}")
                finally:
                    wave.end()
        rows.append(row)
    print(json.dumps({"schema": "rk-inspect/bench/1", "bench": "peers", "rows": rows}))


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--bin", required=True, help="folder with rk-wave and rk-inspect")
arguments = parser.parse_args()
arguments.bin = os.path.abspath(arguments.bin)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no rk-wave stays behind
main()
