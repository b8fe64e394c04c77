"""Checkpoint files while the system refuses, or the process dies, at each call that writes one."""

import os
import re
import shutil
import subprocess
import unittest

from rk_checkpoint import FAILED, CheckpointCase
from rk_test import TIME_SCALE, program, seconds

CALLS = ("openat", "write", "pwrite64", "fsync", "linkat", "rename", "unlink")
LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)$")


@unittest.skipIf(os.environ.get("RK_STRACE") == "absent", "said to be absent by scripts/run-packed")
class FaultTest(CheckpointCase):
    def setUp(self):
        super().setUp()
        self.assertIsNotNone(shutil.which("strace"), "strace is needed (Debian: strace)")
        self.files = self.path("files")
        os.mkdir(self.files)
        self.file = os.path.join(self.files, "c.safetensors")
        self.start_wave()
        self.wait_for_step(3)
        # At rest, so that all checkpoints but for their ids and times are the same.
        self.inspect("preempt", "demo")

    def save(self, *strace):
        """rk-inspect checkpoint under strace. Leak detection would need to trace the process too."""
        environment = {**self.environment, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
        return subprocess.run(["strace", "-f", "-y", "-o", self.path("trace"), "-e", "trace=" + ",".join(CALLS), *strace,
                               program("rk-inspect"), "checkpoint", "demo", "-o", self.file], env=environment,
                              capture_output=True, text=True, timeout=seconds(60))

    def points(self):
        """Every call that touches the files: its name, its number among those of that name, and whether another call
        is tried where it fails."""
        done = self.save()
        self.assertEqual(done.returncode, 0, done.stderr)
        seen, points = {}, []
        with open(self.path("trace"), encoding="utf-8") as trace:
            for line in trace:
                found = LINE.match(line)
                if found:
                    seen[found[1]] = seen.get(found[1], 0) + 1
                    # By the descriptor where there is one: what is printed names the file too.
                    place = re.match(r"\d+<([^>]*)>", found[2])
                    if self.files in (place[1] if place else found[2]):
                        points.append((found[1], seen[found[1]], "O_TMPFILE" in line))
        self.assertGreaterEqual({name for name, _, _ in points}, {"openat", "write", "pwrite64", "fsync", "linkat", "rename"})
        return points[::1 if TIME_SCALE <= 1 else 3]  # a sanitizer needs no more than an example

    def content(self):
        with open(self.file, "rb") as file:
            return file.read()

    def check_file(self, old):
        """The old file to the bit, or a new one that is whole."""
        if self.content() != old:
            self.inspect("verify", self.file)

    def test_a_call_that_fails_leaves_the_old_file_or_the_new_one(self):
        for name, number, has_other_way in self.points():
            for error in ("ENOSPC", "EIO"):
                with self.subTest(call=name, number=number, error=error):
                    old = self.content()
                    done = self.save("-e", f"inject={name}:error={error}:when={number}")
                    self.assertEqual(done.returncode, 0 if has_other_way else FAILED, done.stdout + done.stderr)
                    if not has_other_way:
                        self.check_complaint(done.stderr)
                        self.assertIn({"ENOSPC": "No space left", "EIO": "Input/output error"}[error], done.stderr)
                    self.check_file(old)
                    self.assertEqual(os.listdir(self.files), [os.path.basename(self.file)])

    def test_a_process_killed_in_any_call_leaves_the_old_file_or_the_new_one(self):
        left = 0
        for name, number, _ in self.points():
            with self.subTest(call=name, number=number):
                old = self.content()
                self.save("-e", f"inject={name}:signal=SIGKILL:when={number}")
                self.check_file(old)
                # Only between its first name and its last one can a file be left lying.
                left += 1 if name in ("linkat", "rename") else 0
                self.assertLessEqual(len(os.listdir(self.files)), 1 + left)
        # That is in nobody's way, and the target is unharmed.
        self.assertEqual(self.save().returncode, 0)
        self.inspect("verify", self.file)
        step = self.steps()
        self.inspect("resume", "demo")
        self.wait_for_step(step + 1)


if __name__ == "__main__":
    unittest.main()
