"""Kernels that leave the device when they are asked to, and go on when they are resumed."""

import os
import signal
import unittest

from rk_checkpoint import FAILED, NO_ANSWER, NOT_FOUND, CheckpointCase
from rk_test import wait_until


class PreemptTest(CheckpointCase):
    # So many that three pauses fit into the run; on a GPU steps are a thousand times as quick.
    STEPS = str(5 * int(os.environ.get("RK_RESTORE_STEPS", "300")))

    def state(self):
        return self.document("ls", name="targets")["targets"][0]["state"]

    def test_a_kernel_leaves_keeps_its_state_and_goes_on(self):
        self.start_wave()
        self.wait_for_step(3)
        left = self.document("preempt", "demo", name="preempt")
        self.assertEqual(self.state(), "preempted")
        step = self.steps()
        self.assertEqual(step, left["step"])
        self.inspect("checkpoint", "demo", "-o", self.path("c"))
        # What checkpoints do not hold stands on one side only.
        same = self.document("diff", "demo", self.path("c"), name="diff", expect=FAILED)
        self.assertEqual({s["name"] for s in same["symbols"] if s["state"] == "equal"},
                         {"step_counter", "pressure", "velocity"})
        self.assertEqual(self.steps(), step)
        self.assertIn("preempted", self.inspect("top", "demo", "--once").stdout)
        back = self.document("resume", "demo", name="resume")
        self.assertEqual(back["step"], step)
        self.wait_for_step(step + 3)
        self.assertEqual(self.state(), "running")

    def test_a_run_with_a_pause_in_it_ends_with_the_same_field(self):
        for name, pauses in (("plain", 0), ("paused", 3)):
            wave = self.start_wave("--steps", self.STEPS, "--save-field", self.path(name), name=name)
            for _ in range(pauses):
                self.inspect("preempt", name)
                self.inspect("resume", name)
            self.assertEqual(wave.wait(60), 0, wave.stderr)
        with open(self.path("plain"), "rb") as a, open(self.path("paused"), "rb") as b:
            self.assertEqual(a.read(), b.read())

    def test_neither_is_done_twice(self):
        self.start_wave()
        self.wait_for_step(1)
        self.assertIn("not preempted", self.complaint("resume", "demo", expect=FAILED))
        self.inspect("preempt", "demo")
        self.assertIn("left the GPU already", self.complaint("preempt", "demo", expect=FAILED))
        self.complaint("preempt", "demo", "--kernel", "other", expect=NOT_FOUND)

    def test_a_kernel_that_is_away_ends_with_its_program(self):
        wave = self.start_wave()
        self.wait_for_step(1)
        self.inspect("preempt", "demo")
        wave.send(signal.SIGINT)
        self.assertEqual(wave.wait(20), 0, wave.stderr)

    def test_one_that_does_not_come_is_named_and_goes_on(self):
        self.start("rk-torture", "--name", "slow", "--blocks", "3", "--threads", "4", "--bytes", "4KiB",
                   "--pause-us", "1500000")
        wait_until(lambda: self.inspect("read", "slow", "step_counter", expect=(0, NOT_FOUND)).returncode == 0, what="the session")
        said = self.complaint("preempt", "slow", "--timeout", "0.3", expect=NO_ANSWER)
        self.assertIn("of 3 actors", said)
        self.assertIn("actor", said.split("the others:")[1])
        before = self.steps("slow")
        self.wait_for_step(before + 1, "slow")
        self.assertEqual(self.state(), "running")


if __name__ == "__main__":
    unittest.main()
