"""Values that are set in a running kernel, and states that are compared."""

import os
import unittest

import numpy

from rk_checkpoint import FAILED, NOT_FOUND, USAGE, CheckpointCase, read_safetensors


class SetTest(CheckpointCase):
    def test_a_scalar_takes_a_value_and_the_kernel_goes_on_from_there(self):
        self.start_wave()
        self.wait_for_step(1)
        done = self.document("set", "demo", "step_counter", "5000000", name="set")
        self.assertGreater(done["step"], 0)
        self.wait_for_step(5_000_001)

    def test_a_slice_takes_a_value_everywhere(self):
        self.start_wave("--impulse", "1,1,1,0")  # of amplitude zero: the field stays at rest
        self.wait_for_step(1)
        self.inspect("set", "demo", "pressure[4,2:5,::3]", "0.25")
        self.inspect("checkpoint", "demo", "-o", self.path("c"))
        pressure = read_safetensors(self.path("c"))[0]["pressure"]
        self.assertGreater(numpy.abs(pressure).max(), 0)

    def test_who_changed_what_is_on_record(self):
        self.start_wave()
        self.wait_for_step(1)
        self.assertIn("nobody", self.inspect("changes", "demo").stdout)
        first = self.document("set", "demo", "step_counter", "5000000", name="set")
        self.inspect("set", "demo", "pressure[4,2:5,::3]", "0.25")
        self.inspect("checkpoint", "demo", "-o", self.path("c"))
        made = self.document("restore", "demo", self.path("c"), name="restore")
        log = self.document("changes", "demo", name="changes")["changes"]
        self.assertEqual([c["what"] for c in log],
                         ["step_counter", "pressure[4,2:5,::3]", "checkpoint " + made["checkpoint_id"]])
        self.assertEqual((log[0]["step"], log[0]["after"], log[1]["after"]), (first["step"], "5000000", "0.25"))
        self.assertLessEqual(int(log[0]["before"]), first["step"])
        self.assertEqual({(c["user"], c["program"]) for c in log}, {(os.getuid(), "rk-inspect")})
        self.assertIn("rk-inspect (process", self.inspect("changes", "demo").stdout)

    def test_what_a_type_cannot_hold_is_refused(self):
        self.start_wave()
        for expression, value in (("step_counter", "-1"), ("step_counter", "1.5"), ("step_counter", "18446744073709551616"),
                                  ("pressure[0,0,0]", "1e39"), ("pressure[0,0,0]", "one")):
            self.assertIn("no value of type", self.complaint("set", "demo", expression, value, expect=USAGE))
        self.complaint("set", "demo", "presure", "1", expect=NOT_FOUND)
        self.complaint("set", "demo", "pressure[0,0,99]", "1", expect=USAGE)


class DiffTest(CheckpointCase):
    def test_a_file_is_equal_to_itself_and_differs_from_a_later_one(self):
        self.start_wave()
        self.wait_for_step(3)
        self.inspect("checkpoint", "demo", "-o", self.path("a"))
        self.wait_for_step(self.steps() + 3)
        self.inspect("checkpoint", "demo", "-o", self.path("b"))
        same = self.document("diff", self.path("a"), self.path("a"), name="diff")
        self.assertTrue(same["equal"])
        other = self.document("diff", self.path("a"), self.path("b"), name="diff", expect=FAILED)
        counter = next(s for s in other["symbols"] if s["name"] == "step_counter")
        a, b = (read_safetensors(self.path(f))[0] for f in "ab")
        self.assertEqual(counter["max_absolute"], int(b["step_counter"]) - int(a["step_counter"]))
        field = next(s for s in other["symbols"] if s["name"] == "pressure")
        self.assertEqual(field["changed"], int((a["pressure"] != b["pressure"]).sum()))
        self.assertIn("changed", self.inspect("diff", self.path("a"), "demo", expect=FAILED).stdout)


if __name__ == "__main__":
    unittest.main()
