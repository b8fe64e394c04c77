"""Reads of an array that is never at rest: a cut is of one step, a versioned read is not torn, a live one says so."""

import unittest

from rk_test import RkTest, program, seconds, validate, wait_until

import os
import subprocess

# As the issue asks on a machine of its own; less where a run must be short.
BYTES = os.environ.get("RK_TORTURE_BYTES", "1MiB")
CUTS = os.environ.get("RK_TORTURE_CUTS", "50")
LIMIT = int(os.environ.get("RK_TORTURE_SECONDS", "500"))


class ConsistencyTest(RkTest):
    def start_torture(self, *arguments, size=BYTES):
        torture = self.start("rk-torture", "--name", "torture", "--bytes", size, *arguments)
        socket = os.path.join(self.runtime, "torture.session")
        wait_until(lambda: os.path.exists(socket) or torture.has_ended(), limit=30, what="the session")
        self.assertFalse(torture.has_ended(), torture.stderr)
        return socket

    def check(self, socket, consistency, count):
        done = subprocess.run([program("check_torture"), socket, consistency, count], env=self.environment,
                              capture_output=True, text=True, timeout=seconds(LIMIT))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return dict(field.split("=") for field in done.stdout.split())

    def test_no_cut_mixes_two_steps(self):
        socket = self.start_torture()
        result = self.check(socket, "cut", CUTS)
        self.assertEqual((result["reads"], result["mixed"]), (CUTS, "0"))

    def test_live_reads_do_mix_and_say_that_they_are_live(self):
        socket = self.start_torture()
        result = wait_until(lambda: int(self.check(socket, "live", "20")["mixed"]), limit=60, what="a mixture")
        self.assertGreater(result, 0)
        shown = validate(self.inspect("read", "torture", "pattern[0:4]", "--json").stdout, "read")
        self.assertEqual(shown["consistency"], "live")
        self.assertIn("  live\n", self.inspect("read", "torture", "pattern[0:4]").stdout)

    def test_versioned_reads_never_mix(self):
        # Small enough to be read within a pause.
        socket = self.start_torture("--pause-us", str(int(seconds(20_000))), size="1MiB")
        result = self.check(socket, "versioned", "20")
        self.assertEqual((result["reads"], result["mixed"]), ("20", "0"))
        shown = validate(
            self.inspect("read", "torture", "pattern[0:4]", "--consistency", "versioned", "--json").stdout, "read")
        self.assertEqual(shown["consistency"], "versioned")
        self.assertGreaterEqual(shown["retries"], 0)

    def test_a_writer_without_a_pause_is_reported_as_one(self):
        self.start_torture()
        done = self.inspect("read", "torture", "pattern", "--consistency", "versioned", "--npy", self.path("f"),
                            "--timeout", "0.3", expect=(0, 4))
        if done.returncode == 4:
            self.assertRegex(done.stderr, r"written without a pause .* \d+ tries, \d+ writes begun, \d+ ended")


if __name__ == "__main__":
    unittest.main()
