"""Checkpoint files that are not what they should be: none is taken, and the kernel is not touched."""

import json
import struct
import unittest

from rk_checkpoint import DAMAGED, CheckpointCase, read_safetensors


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


if __name__ == "__main__":
    unittest.main()
