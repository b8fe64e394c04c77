#!/usr/bin/env python3
"""Step time of rk-wave with and without an agent that samples it, and its longest step.

One run makes steps all the time while an agent comes and goes: windows without and with it take turns, and a window's
step time is its length, by the session's clock, by its steps. So both meet the same memory, and no start is in it. The
longest step is rk-wave's own figure, of runs of so many steps that take turns likewise: alone, beside an agent that sees
its first target on this GPU and so makes its context there ("first"), and beside one that has it ("sampled"). Prints a
table and, last, a JSON line.
"""
import argparse
import contextlib
import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.request


class Bench:
    def __init__(self, folder, programs, interval):
        self.programs = programs
        self.interval = interval
        self.environment = dict(os.environ, RK_RUNTIME_DIR=folder)

    def program(self, name):
        return os.path.join(self.programs, name)

    @contextlib.contextmanager
    def agent(self):
        """Samples until the end of the block; its first sample is behind it when the block begins."""
        agent = subprocess.Popen([self.program("rk-agent"), "--listen", "127.0.0.1:0", "--interval", self.interval],
                                 env=self.environment, stdout=subprocess.PIPE, text=True)
        try:
            url = re.search(r"http://\S+/metrics", agent.stdout.readline()).group(0)
            yield url
        finally:
            agent.terminate()
            agent.wait(10)

    @staticmethod
    def wait_for_sample(url):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if re.search(r"^rk_target_up\{.*\} 1$", answer.read().decode(), re.MULTILINE):
                    return
            time.sleep(0.05)
        raise RuntimeError("the agent does not see rk-wave")

    def read(self):
        """Steps made, and when that was, in ns."""
        done = subprocess.run([self.program("rk-inspect"), "read", "bench", "step_counter", "--json"], check=True,
                              env=self.environment, capture_output=True, text=True, timeout=20)
        document = json.loads(done.stdout)
        return int(document["value"]), document["read_unix_ns"]

    def window(self, seconds):
        steps, begin = self.read()
        time.sleep(seconds)
        more, end = self.read()
        return (end - begin) / 1e3 / (more - steps)

    def step_times(self, size, seconds, repetitions):
        """Pairs of step times in µs, without and with the agent."""
        wave = subprocess.Popen([self.program("rk-wave"), "--name", "bench", "--size", str(size)], env=self.environment,
                                stdout=subprocess.PIPE, text=True)
        try:
            device = re.search(r"\((.*?)\)", wave.stdout.readline()).group(1)
            time.sleep(1)
            pairs = []
            for _ in range(repetitions):
                alone = self.window(seconds)
                with self.agent() as url:
                    self.wait_for_sample(url)
                    pairs.append((alone, self.window(seconds)))
            return pairs, device
        finally:
            wave.send_signal(signal.SIGTERM)
            wave.wait(30)

    def longest_step(self, size, steps):
        out = subprocess.run([self.program("rk-wave"), "--name", "bench", "--size", str(size), "--steps", str(steps),
                              "--longest-step"], env=self.environment, check=True, capture_output=True, text=True,
                             timeout=240).stdout
        return float(re.search(r"longest step ([0-9.]+) µs", out).group(1))

    def longest_steps(self, size, steps, repetitions):
        """Longest steps in µs: alone, beside an agent's first target, and beside its second."""
        runs = []
        for _ in range(repetitions):
            alone = self.longest_step(size, steps)
            with self.agent():
                runs.append((alone, self.longest_step(size, steps), self.longest_step(size, steps)))
        return runs


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="folder with rk-wave, rk-inspect and rk-agent")
    parser.add_argument("--interval", default="100ms")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--window", type=float, default=1.0, help="seconds")
    parser.add_argument("--case", action="append", required=True, metavar="SIZE:STEPS",
                        help="field, and steps of a run that looks for the longest")
    arguments = parser.parse_args()
    rows = []
    print(f"{'size':>6} {'alone us':>10} {'sampled us':>11} {'difference':>11} {'spread':>8} {'longest us':>11}"
          f" {'first us':>11} {'sampled us':>11}")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        bench = Bench(folder, arguments.bin, arguments.interval)
        for case in arguments.case:
            size, steps = (int(x) for x in case.split(":"))
            pairs, device = bench.step_times(size, arguments.window, arguments.repetitions)
            longest = bench.longest_steps(size, steps, arguments.repetitions)
            (a, s), (la, lf, ls) = medians(pairs), medians(longest)
            difference = statistics.median(with_agent / without - 1 for without, with_agent in pairs)
            alone = [without for without, _ in pairs]
            spread = (max(alone) - min(alone)) / a
            print(f"{size:>6} {a:>10.3f} {s:>11.3f} {100 * difference:>+10.2f}% {100 * spread:>7.2f}% {la:>11.3f}"
                  f" {lf:>11.3f} {ls:>11.3f}")
            rows.append({"size": size, "alone_us": a, "sampled_us": s, "difference": difference, "alone_spread": spread,
                         "longest_alone_us": la, "longest_first_us": lf, "longest_sampled_us": ls, "pairs_us": pairs,
                         "longest_all_us": longest})
    print(json.dumps({"schema": "rk-inspect/bench/1", "bench": "step", "device": device,
                      "interval": arguments.interval, "rows": rows}))


main()
