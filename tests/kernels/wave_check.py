"""rk-wave computes what it says, whatever the grid, and ends as it was asked to."""

import math
import subprocess
import unittest

import numpy

from rk_test import RkTest, program, seconds, wait_until

USAGE = 2


class WaveCase(RkTest):
    def run_wave(self, *arguments, expect=0, limit=60):
        wave = self.start("rk-wave", "--name", "wave", *arguments)
        self.assertEqual(wave.wait(limit), expect, wave.stderr)
        return wave


class ReferenceTest(WaveCase):
    """Single precision agrees with a serial run in double precision."""

    def check(self, *arguments, size=24, steps=200, period=64, courant=0.5, impulses=None):
        file = self.path("f.npy")
        impulses = impulses or [(size // 2, size // 2, size // 2, 1)]
        # The program's own default where it is the default: that it is what it says is tested too.
        flags = [] if impulses == [(size // 2, size // 2, size // 2, 1)] else \
            ["--impulse", *(",".join(str(n) for n in i) for i in impulses)]
        self.run_wave("--size", str(size), "--steps", str(steps), "--source-period", str(period), "--courant",
                      str(courant), "--save-field", file, *flags, *arguments)
        field = numpy.load(file, allow_pickle=False)
        self.assertEqual((field.shape, field.dtype), ((size,) * 3, numpy.float32))
        self.assertGreater(float(numpy.abs(field).max()), 0)
        numbers = [size, steps, period, courant, *(n for i in impulses for n in i)]
        compared = subprocess.run([program("compare_wave"), *(str(n) for n in numbers)], input=field.tobytes(),
                                  capture_output=True, timeout=seconds(60), check=True)
        difference = float(compared.stdout)
        self.assertTrue(math.isfinite(difference))
        self.assertLess(difference, 1e-5)

    def test_two_hundred_steps(self):
        self.check()

    def test_several_impulses_of_both_signs(self):
        self.check(impulses=[(3, 4, 5, 1), (20, 18, 7, -0.5), (0, 0, 0, 2), (23, 23, 23, 0.25)], period=16)

    def test_more_threads_than_cells(self):
        self.check("--blocks", "3", "--threads", "64", size=5, steps=50, impulses=[(1, 2, 3, 1)])

    def test_one_block_of_one_thread(self):
        self.check("--blocks", "1", "--threads", "1", size=8, steps=60)

    def test_counts_that_divide_nothing(self):
        self.check("--blocks", "5", "--threads", "37", size=11, steps=70, impulses=[(10, 0, 5, 1)])

    def test_a_single_impulse_and_another_courant_number(self):
        self.check(period=0, courant=0.57, steps=120)

    def test_one_step(self):
        self.check(steps=1, size=16)

    def test_without_instrumentation(self):
        self.check("--instrumentation", "0", steps=40)


class BrickTest(WaveCase):
    """Bricks that exchange their faces compute the same field, to the bit, as cells dealt out with grid barriers."""

    def field(self, *arguments):
        file = self.path("f.npy")
        self.run_wave("--save-field", file, *arguments)
        return numpy.load(file, allow_pickle=False)

    def test_the_field_is_the_same_to_the_bit(self):
        for size, steps in ((24, 150), (17, 60), (33, 40)):
            with self.subTest(size=size):
                usual = ("--size", str(size), "--steps", str(steps), "--impulse", "3,4,5,1", "16,7,2,-0.5")
                self.assertEqual(self.field(*usual, "--exchange", "mailbox").tobytes(), self.field(*usual).tobytes())

    def test_a_checkpoint_holds_the_faces_that_are_on_their_way(self):
        self.start_wave("bricks", "--exchange", "mailbox", "--steps", "0")
        wait_until(lambda: int(self.inspect("read", "bricks", "step_counter").stdout) > 20, limit=30, what="steps")
        file = self.path("bricks.safetensors")
        self.inspect("checkpoint", "bricks", "-o", file)
        self.inspect("stop", "bricks")
        done = int(self.inspect("read", file, "step_counter").stdout)
        steps = str(done + 50)
        field = self.field("--size", "24", "--exchange", "mailbox", "--restore", file, "--steps", steps)
        self.assertEqual(field.tobytes(), self.field("--size", "24", "--steps", steps).tobytes())

    def test_blocks_cannot_be_chosen_for_bricks(self):
        wave = self.run_wave("--exchange", "mailbox", "--blocks", "4", expect=USAGE)
        self.assertIn("--blocks", wave.stderr)


class EndTest(WaveCase):
    def test_the_number_of_steps_is_exact(self):
        wave = self.run_wave("--size", "8", "--steps", "77")
        self.assertIn(" 77 steps in ", wave.stdout)

    def test_without_a_number_of_steps_it_ends_when_it_is_stopped(self):
        wave = self.start_wave("endless", "--steps", "0", "--save-field", self.path("f.npy"))
        self.inspect("stop", "endless")
        self.assertEqual(wave.wait(20), 0, wave.stderr)
        self.assertEqual(numpy.load(self.path("f.npy")).shape, (24, 24, 24))

    def test_a_field_that_cannot_be_saved_is_an_error(self):
        wave = self.run_wave("--size", "8", "--steps", "1", "--save-field", self.path("none/f.npy"), expect=1)
        self.check_complaint(wave.stderr, "rk-wave")


class UsageTest(WaveCase):
    def test_what_cannot_be_is_refused(self):
        usual = {"--size": "24", "--steps": "1"}
        for arguments in (("--size", "3"), ("--size", "x"), ("--courant", "0.6"), ("--courant", "nan"),
                          ("--impulse", "1,2,3"), ("--impulse", "24,0,0,1"), ("--impulse", "-1,0,0,1"),
                          ("--impulse", "1,2,3,4,5"), ("--impulse", "0,0,0,1x"), ("--impulse", *["0,0,0,1"] * 5),
                          ("--backend", "abacus"), ("--instrumentation", "7"), ("--wait-deadline-ms", "0"),
                          ("--steps", "-1"), ("--blocks", "-1"), ("--threads", "-1"), ("--source-period", "-1"),
                          ("--device", "-1"), ("--impulse", "1,2,3,nan"), ("--impulse", "1,2,3,inf"),
                          ("--blocks", "5000000000"), ("--nothing",)):
            with self.subTest(arguments):
                others = [word for flag in usual.items() if flag[0] not in arguments for word in flag]
                wave = self.run_wave(*others, *arguments, expect=USAGE)
                self.assertTrue(wave.stderr)

    def test_the_first_line_says_where_it_runs(self):
        wave = self.run_wave("--size", "8", "--steps", "1")
        self.assertRegex(wave.stdout.splitlines()[0], r"session 'wave' on (cpu|cuda) \(.+\), 8 x 8 x 8 cells")


if __name__ == "__main__":
    unittest.main(verbosity=2)
