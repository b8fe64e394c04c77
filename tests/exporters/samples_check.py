"""Reads what the exporters write with the programs it is written for."""

import csv
import math
import os
import subprocess
import tempfile
import unittest

import numpy

from rk_test import check_scrape, program


class SamplesCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="rk-samples-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        subprocess.run([program("write_samples"), cls.folder], check=True, timeout=60)

    def load(self, name, **options):
        return numpy.load(os.path.join(self.folder, name + ".npy"), allow_pickle=False, **options)

    def rows(self, name):
        with open(os.path.join(self.folder, name + ".csv"), newline="") as file:
            return list(csv.reader(file))


class NumpyTest(SamplesCase):
    def test_plain_numbers(self):
        f32 = self.load("f32")
        self.assertEqual((f32.dtype, f32.shape), (numpy.float32, (2, 3)))
        self.assertEqual(f32.tolist(), [[0, 1, -2.5], [numpy.float32(1e-30), math.inf, 5]])
        self.assertEqual(self.load("f64").shape, ())
        self.assertEqual(float(self.load("f64")), 0.1)
        self.assertEqual(self.load("f16").tolist(), [1.0, -2.0])
        self.assertEqual(self.load("i64").tolist(), [-(2**63), 2**63 - 1])
        self.assertEqual(self.load("bool").tolist(), [True, False])
        self.assertEqual(self.load("odd").tolist(), [0, -1])

    def test_bfloat16_comes_as_raw_bytes_that_can_be_widened(self):
        raw = self.load("bf16")
        self.assertEqual(raw.dtype, numpy.dtype("V2"))
        widened = raw.view("<u2").astype("<u4") << 16
        self.assertEqual(widened.view("<f4").tolist(), [1.0, -2.0])

    def test_an_empty_array_keeps_its_shape(self):
        self.assertEqual(self.load("empty").shape, (0, 3))

    def test_a_structure_with_padding_keeps_its_layout(self):
        padded = self.load("padded")
        self.assertEqual(padded.dtype.names, ("a", "b", "m", "größe"))
        self.assertEqual(padded.dtype.itemsize, 40)
        self.assertEqual(padded["a"].tolist(), [1, -1])
        self.assertEqual(padded["b"].tolist(), [2.5, -2.5])
        self.assertEqual(padded["m"].tolist(), [[[1, 2], [3, 4]], [[5, 6], [7, 8]]])
        self.assertEqual(padded["größe"].tolist(), [9, -9])

    def test_structures_within_structures(self):
        nested = self.load("nested")
        self.assertEqual(nested["first"]["b"], 2.5)
        self.assertEqual(nested["second"]["größe"], 8)

    def test_a_union_comes_as_raw_bytes(self):
        self.assertEqual(self.load("union").tobytes(), b"xy")

    def test_a_header_too_long_for_the_first_format(self):
        long = self.load("long", max_header_size=1_000_000)
        self.assertEqual(len(long.dtype.names), 4000)
        self.assertEqual(long["member_3999"].tolist(), [7])


class CsvTest(SamplesCase):
    def test_python_reads_back_every_field(self):
        self.assertEqual(self.rows("f32")[:2], [["i", "j", "value"], ["0", "0", "0"]])
        self.assertEqual(self.rows("odd"), [["i", "value"], ["0", 'a,"b"\n'], ["1", "-1"]])

    def test_every_row_is_as_long_as_its_header(self):
        for name in ("f32", "f64", "i64", "padded", "nested", "union", "empty", "long"):
            rows = self.rows(name)
            self.assertEqual({len(row) for row in rows}, {len(rows[0])}, name)
        self.assertEqual(self.rows("padded")[0], ["i", "a", "b", "m[0,0]", "m[0,1]", "m[1,0]", "m[1,1]", "größe"])


class MetricsTest(SamplesCase):
    def test_a_scrape_with_every_metric_and_odd_names_and_values(self):
        with open(os.path.join(self.folder, "metrics.prom"), encoding="utf-8") as file:
            series = check_scrape(self, file.read())
        self.assertTrue(math.isnan(series['rk_symbol_value{target="odd",symbol="value1",backend="cpu",gpu="",UUID="",hostname="host-1"}']))


if __name__ == "__main__":
    unittest.main(verbosity=2)
