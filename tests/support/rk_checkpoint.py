"""What the tests of checkpoints and of changes share."""

import json
import struct

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
