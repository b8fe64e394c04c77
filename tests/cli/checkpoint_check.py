"""State that is saved, and brought back, while a kernel runs."""

import os
import random
import signal
import time
import unittest

import numpy

from rk_checkpoint import FAILED, NOT_FOUND, USAGE, CheckpointCase, read_safetensors
from rk_test import validate, wait_until


class SaveTest(CheckpointCase):
    def test_a_checkpoint_opens_in_python_and_holds_what_a_read_of_it_shows(self):
        self.start_wave()
        self.wait_for_step(5)
        made = self.document("checkpoint", "demo", "-o", self.path("c.safetensors"), name="checkpoint")
        arrays, notes = read_safetensors(self.path("c.safetensors"))
        self.assertEqual(notes["rk.schema"], "rk-inspect/checkpoint/1")
        self.assertEqual(int(arrays["step_counter"]), made["step"])
        self.assertEqual(int(notes["rk.epoch"]), made["epoch"])
        self.assertEqual(notes["rk.build_id"], made["build_id"])
        self.assertRegex(made["build_id"], r"\A[0-9a-f]{8,}\Z")
        self.assertEqual(arrays["pressure"].shape, (12, 12, 12))
        self.assertTrue(numpy.abs(arrays["pressure"]).max() > 0)
        actors = validate(notes["rk.actors"], "actors")["kernels"][0]["actors"]
        self.assertEqual([a["state"] for a in actors], ["running"] * 3)
        # The file is a target itself.
        shown = self.document("read", self.path("c.safetensors"), "pressure[5,:,:]", name="read")
        self.assertEqual((shown["consistency"], shown["step"]), ("cut", made["step"]))
        self.assertTrue((numpy.array(shown["value"], "f4") == arrays["pressure"][5]).all())
        checked = self.document("verify", self.path("c.safetensors"), name="checkpoint")
        self.assertEqual((checked["id"], checked["epoch"]), (made["id"], made["epoch"]))
        later = self.document("read", "demo", "step_counter", "--consistency", "cut", name="read")
        self.assertGreater(later["epoch"], made["epoch"])
        self.assertEqual({s["name"] for s in made["symbols"]}, {"pressure", "velocity", "step_counter"})

    def test_the_kernel_goes_on_afterwards(self):
        self.start_wave()
        self.wait_for_step(3)
        self.inspect("checkpoint", "demo", "-o", self.path("c"))
        self.wait_for_step(self.steps() + 10)

    def test_then_exit_ends_the_kernel_at_the_step_of_the_checkpoint(self):
        wave = self.start_wave()
        self.wait_for_step(3)
        made = self.document("checkpoint", "demo", "-o", self.path("c"), "--then", "exit", name="checkpoint")
        self.assertEqual(wave.wait(), 0, wave.stderr)
        self.assertIn(f"{made['step']} steps", wave.stdout)

    def test_a_full_disk_leaves_the_old_file(self):
        self.start_wave()
        self.wait_for_step(1)
        self.inspect("checkpoint", "demo", "-o", self.path("c"))
        with open(self.path("c"), "rb") as file:
            before = file.read()
        # A folder that is gone, and one that takes no files.
        self.complaint("checkpoint", "demo", "-o", self.path("none/c"), expect=FAILED)
        with open(self.path("c"), "rb") as file:
            self.assertEqual(file.read(), before)
        self.assertEqual(sorted(os.listdir(self.folder)), ["c", "run"])
        self.inspect("checkpoint", "demo", "-o", self.path("c"))

    def test_a_file_that_cannot_be_written_costs_no_kernel_its_life(self):
        self.start_wave()
        self.wait_for_step(1)
        self.complaint("checkpoint", "demo", "--then", "exit", "-o", self.path("none/c"), expect=FAILED)
        self.wait_for_step(self.steps() + 2)

    def test_every_command_that_reads_takes_a_file(self):
        self.start_wave()
        self.wait_for_step(40)
        self.inspect("dump", "demo", "-o", self.path("d.safetensors"))
        file = self.path("d.safetensors")
        self.assertEqual(len(self.document("symbols", file, name="symbols")["symbols"]), 6)
        self.assertEqual(len(self.document("top", file, "--once", name="actors")["kernels"]), 1)
        self.assertGreater(int(self.inspect("read", file, "step_counter").stdout), 0)
        self.document("dump", file, name="dump")
        self.document("metrics", file, name="metrics")
        self.inspect("plot", file, "pressure[5,:,:]")
        self.complaint("checkpoint", file, "-o", self.path("e"), expect=USAGE)


class DeathTest(CheckpointCase):
    """One side goes away in the middle: the other says so at once, and is none the worse for it."""

    def start_slow(self):
        """A target whose steps are so long that a request waits for a safe point."""
        slow = self.start("rk-torture", "--name", "slow", "--blocks", "2", "--threads", "2", "--bytes", "4KiB", "--pause-us",
                          "700000")
        wait_until(lambda: self.inspect("read", "slow", "step_counter", expect=(0, NOT_FOUND)).returncode == 0)
        return slow

    def test_a_target_that_dies_during_a_cut_leaves_no_file(self):
        slow = self.start_slow()
        saving = self.start("rk-inspect", "checkpoint", "slow", "-o", self.path("c"), "--timeout", "30")
        time.sleep(0.1)  # nothing tells when a request has been taken; too early only makes this easier
        slow.send(signal.SIGKILL)
        self.assertEqual(saving.wait(10), NOT_FOUND, saving.stderr)
        self.check_complaint(saving.stderr)
        self.assertEqual([f for f in os.listdir(self.folder) if f.startswith("c")], [])

    def test_a_tool_that_dies_while_a_request_is_on_its_way_takes_it_back(self):
        self.start_slow()
        for command in (("preempt", "slow"), ("checkpoint", "slow", "-o", self.path("c"))):
            tool = self.start("rk-inspect", *command, "--timeout", "30")
            time.sleep(0.1)
            tool.send(signal.SIGKILL)
            tool.wait()
        before = self.steps("slow")
        self.wait_for_step(before + 2, "slow")
        self.inspect("checkpoint", "slow", "-o", self.path("d"), "--timeout", "20")

    def test_two_who_ask_at_once_are_both_served(self):
        self.start_wave()
        self.wait_for_step(1)
        tools = [self.start("rk-inspect", "checkpoint", "demo", "-o", self.path(f"c{i}")) for i in range(8)]
        for i, tool in enumerate(tools):
            self.assertEqual(tool.wait(30), 0, tool.stderr)
            self.inspect("verify", self.path(f"c{i}"))

    def test_one_that_is_killed_while_it_drains_is_in_nobodys_way(self):
        self.start("rk-torture", "--name", "large", "--bytes", "64MiB")
        wait_until(lambda: self.inspect("read", "large", "step_counter", expect=(0, NOT_FOUND)).returncode == 0)
        tool = self.start("rk-inspect", "checkpoint", "large", "-o", self.path("c"), "--timeout", "60")
        while not (begun := self.has_bytes_without_a_name(tool.pid)) and not tool.has_ended():
            pass
        tool.send(signal.SIGKILL)
        tool.wait()
        self.assertTrue(begun, "the file was whole before it could be seen")
        self.assertEqual([f for f in os.listdir(self.folder) if f.startswith("c")], [])
        self.inspect("checkpoint", "large", "-o", self.path("c"), "--timeout", "60")
        self.inspect("verify", self.path("c"))

    def has_bytes_without_a_name(self, pid):
        """Whether the process has begun to write a file that has no name yet."""
        folder = f"/proc/{pid}/fd"
        try:
            for number in os.listdir(folder):
                descriptor = os.path.join(folder, number)
                if os.readlink(descriptor).startswith(self.folder + "/#"):
                    return os.stat(descriptor).st_size > 0
        except OSError:  # closed, or ended, meanwhile
            pass
        return False


class RestoreTest(CheckpointCase):
    """The field after so many steps is the same to the bit, whatever happened on the way."""

    STEPS = int(os.environ.get("RK_RESTORE_STEPS", "2000"))
    ROUNDS = int(os.environ.get("RK_RESTORE_ROUNDS", "3"))

    def field_of(self, *arguments, steps=STEPS):
        file = self.path("field.npy")
        wave = self.start_wave("--steps", str(steps), "--save-field", file, *arguments, name="whole")
        self.assertEqual(wave.wait(60), 0, wave.stderr)
        return numpy.load(file, allow_pickle=False)

    def checkpoint_at(self, step):
        """Made of an endless run, which is killed then. False if this machine was so late that it came too far."""
        wave = self.start_wave()
        self.wait_for_step(step)
        made = self.document("checkpoint", "demo", "-o", self.path("c"), name="checkpoint")
        wave.send(signal.SIGKILL)
        wave.wait()
        return made["step"] < self.STEPS

    def test_a_run_that_was_killed_goes_on_in_a_new_process(self):
        expected = self.field_of()
        for step in random.Random(7).sample(range(1, self.STEPS // 4), self.ROUNDS):
            with self.subTest(step=step):
                wait_until(lambda at=step: self.checkpoint_at(at), 60, "a checkpoint before the end")
                self.assertTrue((self.field_of("--restore", self.path("c")) == expected).all())

    def test_a_running_kernel_takes_an_earlier_state(self):
        wave = self.start_wave()
        self.wait_for_step(2)
        self.inspect("checkpoint", "demo", "-o", self.path("c"))
        self.wait_for_step(self.steps() + 20)
        done = self.document("restore", "demo", self.path("c"), name="restore")
        self.assertLess(done["checkpoint_step"], done["step"])
        self.inspect("checkpoint", "demo", "-o", self.path("end"), "--then", "exit")
        self.assertEqual(wave.wait(), 0, wave.stderr)
        end, _ = read_safetensors(self.path("end"))
        self.assertTrue((end["pressure"] == self.field_of(steps=int(end["step_counter"]))).all())

    def test_another_shape_is_refused_with_the_differences_and_nothing_changes(self):
        self.start_wave()
        self.wait_for_step(1)
        self.inspect("checkpoint", "demo", "-o", self.path("c"))
        other = self.start("rk-wave", "--name", "other", "--size", "8", "--blocks", "1", "--threads", "8", "--restore",
                           self.path("c"))
        self.assertEqual(other.wait(), 1)
        self.assertIn("pressure has shape [12,12,12] in the file and [8,8,8] in the target", other.stderr)


if __name__ == "__main__":
    unittest.main()
