"""State that is saved, checked, brought back, changed and compared while a kernel runs."""

import json
import os
import random
import signal
import struct
import time
import unittest

import numpy

from rk_test import RkTest, validate, wait_until

FAILED, USAGE, NOT_FOUND, NO_ANSWER, DAMAGED = 1, 2, 3, 4, 5


def read_safetensors(path):
    """Arrays by name, as the format's own description has it; nothing of rk-inspect is used."""
    kinds = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "U64": "<u8", "U32": "<u4", "U8": "u1"}
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    arrays = {}
    for name, tensor in header.items():
        if name != "__metadata__":
            begin, end = tensor["data_offsets"]
            values = numpy.frombuffer(data[8 + length + begin:8 + length + end], kinds[tensor["dtype"]])
            arrays[name] = values.reshape(tensor["shape"])
    return arrays, header["__metadata__"]


class CheckpointCase(RkTest):
    WAVE = ("--blocks", "3", "--threads", "16", "--size", "12")

    def start_wave(self, *arguments, name="demo"):
        wave = self.start("rk-wave", "--name", name, *self.WAVE, *arguments)
        # The line comes once the session answers; the socket of a run that was killed is there before.
        wait_until(lambda: "process" in wave.stdout or wave.has_ended(), what="the session")
        return wave

    def steps(self, name="demo"):
        return int(self.inspect("read", name, "step_counter").stdout)

    def wait_for_step(self, step, name="demo"):
        wait_until(lambda: self.steps(name) >= step, limit=60, what=f"step {step}")

    def document(self, *arguments, name, **options):
        return validate(self.inspect(*arguments, "--json", **options).stdout, name)

    def complaint(self, *arguments, expect):
        done = self.inspect(*arguments, expect=expect)
        self.check_complaint(done.stderr)
        return done.stderr


class SaveTest(CheckpointCase):
    def test_a_checkpoint_opens_in_python_and_holds_what_a_read_of_it_shows(self):
        self.start_wave()
        self.wait_for_step(5)
        made = self.document("checkpoint", "demo", "-o", self.path("c.safetensors"), name="checkpoint")
        arrays, notes = read_safetensors(self.path("c.safetensors"))
        self.assertEqual(notes["rk.schema"], "rk-inspect/checkpoint/1")
        self.assertEqual(int(arrays["step_counter"]), made["step"])
        self.assertEqual(arrays["pressure"].shape, (12, 12, 12))
        self.assertTrue(numpy.abs(arrays["pressure"]).max() > 0)
        actors = validate(notes["rk.actors"], "actors")["kernels"][0]["actors"]
        self.assertEqual([a["state"] for a in actors], ["running"] * 3)
        # The file is a target itself.
        shown = self.document("read", self.path("c.safetensors"), "pressure[5,:,:]", name="read")
        self.assertEqual((shown["consistency"], shown["step"]), ("cut", made["step"]))
        self.assertTrue((numpy.array(shown["value"], "f4") == arrays["pressure"][5]).all())
        checked = self.document("verify", self.path("c.safetensors"), name="checkpoint")
        self.assertEqual(checked["id"], made["id"])
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
        self.start("rk-wave", "--name", "large", "--size", "64")
        wait_until(lambda: self.inspect("read", "large", "step_counter", expect=(0, NOT_FOUND)).returncode == 0)
        self.wait_for_step(1, "large")
        tool = self.start("rk-inspect", "checkpoint", "large", "-o", self.path("c"))
        wait_until(lambda: tool.has_ended() or any(f.startswith("c.tmp") for f in os.listdir(self.folder)))
        tool.send(signal.SIGKILL)
        tool.wait()
        self.inspect("checkpoint", "large", "-o", self.path("c"))
        self.inspect("verify", self.path("c"))


class RestoreTest(CheckpointCase):
    """The field after so many steps is the same to the bit, whatever happened on the way."""

    STEPS = int(os.environ.get("RK_RESTORE_STEPS", "2000"))
    ROUNDS = int(os.environ.get("RK_RESTORE_ROUNDS", "3"))

    def field_of(self, *arguments):
        file = self.path("field.npy")
        wave = self.start_wave("--steps", str(self.STEPS), "--save-field", file, *arguments, name="whole")
        self.assertEqual(wave.wait(60), 0, wave.stderr)
        return numpy.load(file, allow_pickle=False)

    def test_a_run_that_was_killed_goes_on_in_a_new_process(self):
        expected = self.field_of()
        for step in random.Random(7).sample(range(1, self.STEPS // 4), self.ROUNDS):
            with self.subTest(step=step):
                wave = self.start_wave("--steps", str(self.STEPS))
                self.wait_for_step(step)
                self.inspect("checkpoint", "demo", "-o", self.path("c"))
                wave.send(signal.SIGKILL)
                wave.wait()
                self.assertTrue((self.field_of("--restore", self.path("c")) == expected).all())

    def test_a_running_kernel_takes_an_earlier_state(self):
        expected = self.field_of()
        wave = self.start_wave("--steps", str(self.STEPS), "--save-field", self.path("f.npy"))
        self.wait_for_step(2)
        self.inspect("checkpoint", "demo", "-o", self.path("c"))
        self.wait_for_step(self.STEPS // 4)
        done = self.document("restore", "demo", self.path("c"), name="restore")
        self.assertLess(done["checkpoint_step"], done["step"])
        self.assertEqual(wave.wait(60), 0, wave.stderr)
        self.assertTrue((numpy.load(self.path("f.npy")) == expected).all())

    def test_another_shape_is_refused_with_the_differences_and_nothing_changes(self):
        self.start_wave()
        self.wait_for_step(1)
        self.inspect("checkpoint", "demo", "-o", self.path("c"))
        other = self.start("rk-wave", "--name", "other", "--size", "8", "--blocks", "1", "--threads", "8", "--restore",
                           self.path("c"))
        self.assertEqual(other.wait(), 1)
        self.assertIn("pressure has shape [12,12,12] in the file and [8,8,8] in the target", other.stderr)


class DamageTest(CheckpointCase):
    def setUp(self):
        super().setUp()
        self.start_wave()
        self.wait_for_step(5)
        self.inspect("checkpoint", "demo", "-o", self.path("good"))
        with open(self.path("good"), "rb") as file:
            self.good = file.read()

    def refuse(self, content, *, names=""):
        with open(self.path("bad"), "wb") as file:
            file.write(content)
        before = self.steps()
        for command in (("verify",), ("restore", "demo")):
            text = self.complaint(*command, self.path("bad"), expect=DAMAGED)
            self.assertIn(names, text)
        self.wait_for_step(before + 1)

    def test_a_bit_that_flipped_names_the_tensor(self):
        arrays, _ = read_safetensors(self.path("good"))
        at = self.good.index(arrays["velocity"].tobytes())
        flipped = bytearray(self.good)
        flipped[at + 77] ^= 4
        self.refuse(flipped, names="'velocity' is damaged")

    def test_a_header_that_changed(self):
        self.refuse(self.good.replace(b'"rk.step":"', b'"rk.step":"1', 1))
        self.refuse(self.good.replace(b"pressure", b"pressurf"))
        self.refuse(self.good.replace(b"checkpoint/1", b"checkpoint/9"))

    def test_every_length_that_is_too_short(self):
        for length in (0, 1, 7, 8, 9, 4000, 4096, len(self.good) // 2, len(self.good) - 1):
            with self.subTest(length):
                self.refuse(self.good[:length])

    def test_bytes_behind_the_end(self):
        self.refuse(self.good + b"x")

    def test_lengths_that_are_absurd(self):
        for length in (0, 1 << 40, (1 << 64) - 1):
            self.refuse(struct.pack("<Q", length) + self.good[8:])

    def test_what_is_no_checkpoint(self):
        self.refuse(b"\x00" * 5000)
        self.refuse(b"PK\x03\x04" + b"x" * 100)
        header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
        self.refuse(struct.pack("<Q", len(header)) + header + b"1234", names="no checkpoint")


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
