#!/usr/bin/env python3
"""Step time of rk-wave with and without an agent that samples it, and its longest step.

Runs take turns (without, with, without, ...) so that both meet the same conditions. Each run is a fixed
number of steps; its step time is what rk-wave prints. Prints a table and, last, a JSON line.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile


def run_wave(wave, size, steps, environment):
    """Time of a step, its longest, and the device. Two runs: to watch for the longest makes steps longer."""
    command = [wave, "--name", "bench", "--size", str(size), "--steps"]
    out, watched = (subprocess.run(more, env=environment, check=True, capture_output=True, text=True, timeout=240).stdout
                    for more in ([*command, str(steps)], [*command, str(steps // 2), "--longest-step"]))
    device = re.search(r"\((.*?)\)", out.splitlines()[0]).group(1)
    return (float(re.search(r"([0-9.]+) µs a step", out).group(1)),
            float(re.search(r"longest step ([0-9.]+) µs", watched).group(1)), device)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="folder with rk-wave and rk-agent")
    parser.add_argument("--interval", default="100ms")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--case", action="append", required=True, metavar="SIZE:STEPS")
    arguments = parser.parse_args()
    wave = os.path.join(arguments.bin, "rk-wave")
    rows = []
    print(f"{'size':>6} {'steps':>9} {'alone us':>10} {'sampled us':>11} {'difference':>11} {'spread':>8}"
          f" {'longest us':>11} {'sampled us':>11}")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o700)
        environment = dict(os.environ, RK_RUNTIME_DIR=folder)
        for case in arguments.case:
            size, steps = (int(x) for x in case.split(":"))
            alone, sampled = [], []
            run_wave(wave, size, max(1, steps // 10), environment)
            for _ in range(arguments.repetitions):
                *times, device = run_wave(wave, size, steps, environment)
                alone.append(times)
                agent = subprocess.Popen(
                    [os.path.join(arguments.bin, "rk-agent"), "--listen", "127.0.0.1:0", "--interval", arguments.interval],
                    env=environment, stdout=subprocess.PIPE, text=True)
                try:
                    agent.stdout.readline()
                    sampled.append(run_wave(wave, size, steps, environment)[:2])
                finally:
                    agent.terminate()
                    agent.wait(10)
            (a, longest), (s, longest_sampled) = ([statistics.median(column) for column in zip(*runs)]
                                                  for runs in (alone, sampled))
            spread = (max(alone)[0] - min(alone)[0]) / a
            print(f"{size:>6} {steps:>9} {a:>10.3f} {s:>11.3f} {100 * (s / a - 1):>+10.2f}% {100 * spread:>7.2f}%"
                  f" {longest:>11.3f} {longest_sampled:>11.3f}")
            rows.append({"size": size, "steps": steps, "alone_us": a, "sampled_us": s, "difference": s / a - 1,
                         "alone_spread": spread, "alone_longest_us": longest, "sampled_longest_us": longest_sampled,
                         "alone_all_us": alone, "sampled_all_us": sampled})
    print(json.dumps({"schema": "rk-inspect/bench/1", "bench": "step", "device": device,
                      "interval": arguments.interval, "rows": rows}))


main()
