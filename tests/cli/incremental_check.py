"""Checkpoints that store what changed since another one."""

import os
import unittest

from rk_checkpoint import DAMAGED, FAILED, USAGE, CheckpointCase


class IncrementalTest(CheckpointCase):
    WAVE = ("--blocks", "3", "--threads", "16")
    QUIET = ("--impulse", "1,1,1,0", "--size", "40")  # a field at rest: only the counter changes

    def chain(self):
        self.start_wave(*self.QUIET)
        self.wait_for_step(2)
        return [self.document("checkpoint", "demo", "-o", self.path(name), *more, name="checkpoint")
                for name, more in (("a", ()), ("b", ("--base", self.path("a"))), ("c", ("--base", self.path("b"))))]

    def test_only_what_changed_is_stored_and_reads_as_a_whole(self):
        a, b, c = self.chain()
        self.assertEqual((b["base"]["id"], c["base"]), (a["id"], {"id": b["id"], "file": "b"}))
        self.assertLess(c["stored_bytes"], a["stored_bytes"] / 50)
        for made, name in ((a, "a"), (b, "b"), (c, "c")):
            self.assertEqual(int(self.inspect("read", self.path(name), "step_counter").stdout), made["step"])
        self.assertEqual(self.document("verify", self.path("c"), name="checkpoint")["id"], c["id"])
        states = self.document("diff", self.path("a"), self.path("c"), name="diff", expect=FAILED)["symbols"]
        self.assertEqual({s["name"]: s["state"] for s in states},
                         {"pressure": "equal", "velocity": "equal", "step_counter": "changed"})

    def test_it_is_restored_with_what_it_builds_on(self):
        *_, c = self.chain()
        self.assertEqual(self.document("restore", "demo", self.path("c"), name="restore")["checkpoint_step"], c["step"])
        wave = self.start_wave(*self.QUIET, "--steps", str(c["step"]), "--restore", self.path("c"), name="again")
        self.assertEqual(wave.wait(30), 0, wave.stderr)

    def test_a_restarted_target_goes_on_with_the_chain(self):
        self.chain()
        self.start_wave(*self.QUIET, name="other")
        self.wait_for_step(1, "other")
        made = self.document("checkpoint", "other", "-o", self.path("d"), "--base", self.path("c"), name="checkpoint")
        self.assertEqual(int(self.inspect("read", self.path("d"), "step_counter").stdout), made["step"])
        self.assertLess(made["stored_bytes"], 100_000)

    def test_a_field_that_moves_is_the_same_from_a_chain_and_from_a_whole_file(self):
        self.start_wave("--size", "12")
        self.wait_for_step(2)
        self.inspect("checkpoint", "demo", "-o", self.path("a"))
        self.inspect("preempt", "demo")
        self.inspect("checkpoint", "demo", "-o", self.path("b"), "--base", self.path("a"))
        self.inspect("checkpoint", "demo", "-o", self.path("whole"))
        self.inspect("diff", self.path("b"), self.path("whole"))

    def test_what_it_builds_on_is_found_by_its_id(self):
        self.chain()
        os.rename(self.path("a"), self.path("renamed"))
        self.inspect("verify", self.path("c"))
        os.remove(self.path("renamed"))
        for words in (("verify", self.path("c")), ("read", self.path("c"), "step_counter"),
                      ("restore", "demo", self.path("c"))):
            self.assertIn("not beside it", self.complaint(*words, expect=DAMAGED))

    def test_a_damaged_base_is_named(self):
        self.chain()
        with open(self.path("a"), "r+b") as file:
            file.seek(-100_000, os.SEEK_END)
            byte = file.read(1)
            file.seek(-100_000, os.SEEK_END)
            file.write(bytes([byte[0] ^ 1]))
        said = self.complaint("verify", self.path("c"), expect=DAMAGED)
        self.assertIn("is damaged", said)
        self.assertIn(self.path("a"), said)

    def test_bases_that_cannot_be(self):
        self.chain()
        self.complaint("checkpoint", "demo", "-o", self.path("a"), "--base", self.path("a"), expect=USAGE)
        # Nor over any that the base builds on, by whatever name.
        self.complaint("checkpoint", "demo", "-o", self.path("a"), "--base", self.path("c"), expect=USAGE)
        os.symlink(self.path("b"), self.path("latest"))
        self.complaint("checkpoint", "demo", "-o", self.path("latest"), "--base", self.path("c"), expect=USAGE)
        self.inspect("verify", self.path("c"))
        os.mkdir(self.path("folder"))
        self.complaint("checkpoint", "demo", "-o", self.path("folder/x"), "--base", self.path("a"), expect=USAGE)
        self.start_wave("--size", "8", name="small")
        said = self.complaint("checkpoint", "small", "-o", self.path("x"), "--base", self.path("a"), expect=DAMAGED)
        self.assertIn("shape", said)


if __name__ == "__main__":
    unittest.main()
