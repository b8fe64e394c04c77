"""Every command of rk-inspect against a wave that runs."""

import csv
import io
import json
import os
import re
import subprocess
import unittest

import numpy

from rk_test import RkTest, check_scrape, mode_of, program, seconds, validate, value_of

USAGE, NOT_FOUND = 2, 3
PNG = b"\x89PNG\r\n\x1a\n"


class WaveCase(RkTest):
    """One wave for all tests of a class: none of them ends it."""

    @classmethod
    def setUpClass(cls):
        keeper = cls("keep_wave")
        keeper.setUp()
        cls.addClassCleanup(keeper.doCleanups)
        keeper.wave = keeper.start_wave("demo")
        cls.keeper = keeper

    def keep_wave(self):
        """Never run: a test case needs a method to be made."""

    def setUp(self):
        super().setUp()
        if hasattr(type(self), "keeper"):
            self.runtime = self.keeper.runtime
            self.environment = self.keeper.environment
            self.wave = self.keeper.wave


class DocumentTest(WaveCase):
    def test_ls(self):
        target, = self.document("ls", "--json", name="targets")["targets"]
        self.assertEqual((target["name"], target["pid"], target["state"], target["kernels"]),
                         ("demo", self.wave.pid, "running", 1))
        self.assertGreater(target["steps"], 0)

    def test_symbols(self):
        document = self.document("symbols", "demo", "--json", name="symbols")
        symbols = {s["name"]: s for s in document["symbols"]}
        self.assertEqual(symbols["pressure"]["shape"], [24, 24, 24])
        self.assertEqual(symbols["pressure"]["lives_in"], "segment")
        self.assertTrue(symbols["step_counter"]["checkpoint"])
        self.assertFalse(symbols["energy"]["checkpoint"])
        self.assertEqual(symbols["step_counter"]["dtype"], "u64")
        self.assertTrue(symbols["step_counter"]["source"]["file"].endswith("wave.cu"))

    def test_read_of_a_scalar(self):
        document = self.document("read", "demo", "energy", "--json", name="read")
        self.assertEqual((document["shape"], document["dtype"], document["consistency"]), ([], "f64", "live"))

    def test_read_of_a_slice(self):
        document = self.document("read", "demo", "pressure[12,:,:]", "--json", name="read")
        self.assertEqual(document["shape"], [24, 24])
        self.assertEqual([len(row) for row in document["value"]], [24] * 24)

    def test_read_of_a_stepped_slice_and_of_one_element_from_the_end(self):
        document = self.document("read", "demo", "pressure[-1,::6,2:5]", "--json", name="read")
        self.assertEqual(document["shape"], [4, 3])
        self.assertEqual(self.document("read", "demo", "pressure[-1,-1,-1]", "--json", name="read")["shape"], [])

    def test_watch_prints_a_document_a_line(self):
        done = self.inspect("watch", "demo", "step_counter", "energy", "--count", "3", "--every", "10ms", "--json")
        documents = [validate(line, "read") for line in done.stdout.splitlines()]
        self.assertEqual([d["expression"] for d in documents], ["step_counter", "energy"] * 3)

    def test_top(self):
        document = self.document("top", "demo", "--json", name="actors")
        kernel, = document["kernels"]
        self.assertEqual((kernel["name"], kernel["state"]), ("wave", "running"))
        self.assertEqual([a["actor"] for a in kernel["actors"]], list(range(kernel["grid"][0])))
        self.assertIn("steps_per_second", kernel)

    def test_plot(self):
        self.assertEqual(self.document("plot", "demo", "pressure", "--json", name="read")["shape"], [24, 24])

    def test_dump(self):
        document = self.document("dump", "demo", "--json", name="dump")
        values = {s["name"]: s.get("value") for s in document["symbols"]}
        self.assertEqual(numpy.array(values["pressure"]).shape, (24, 24, 24))
        self.assertGreater(values["step_counter"], 0)

    def test_metrics(self):
        self.document("metrics", "demo", "--json", name="metrics")

    def test_doctor(self):
        document = self.document("doctor", "--json", name="doctor")
        findings = {f["what"]: f["result"] for f in document["findings"]}
        self.assertEqual((findings["runtime folder"], findings["sockets"]), ("ok", "ok"))


class ReadTest(WaveCase):
    def test_a_counter_moves_between_two_reads(self):
        first = int(self.inspect("read", "demo", "step_counter").stdout)
        self.inspect("watch", "demo", "step_counter", "--every", "10ms", "--until", f"value > {first}", "--for", "20s")
        self.assertGreater(int(self.inspect("read", "demo", "step_counter").stdout), first)

    def test_the_only_target_need_not_be_named(self):
        self.assertGreater(int(self.inspect("read", "step_counter").stdout), 0)

    def test_a_pid_names_a_target(self):
        self.assertGreater(int(self.inspect("read", str(self.wave.pid), "step_counter").stdout), 0)

    def test_a_field_for_people_has_its_shape_and_its_range(self):
        text = self.inspect("read", "demo", "pressure[12,:,:]").stdout
        self.assertIn("f32[24,24]", text)
        self.assertRegex(text, r"min .* max .* mean")
        self.assertIn("13 824 elements", self.inspect("read", "demo", "pressure").stdout.replace(",", " "))

    def test_csv(self):
        text = self.inspect("read", "demo", "pressure[0,0:2,0:2]", "--csv").stdout
        rows = list(csv.reader(io.StringIO(text, newline="")))
        self.assertEqual([r[:2] for r in rows], [["i", "j"], ["0", "0"], ["0", "1"], ["1", "0"], ["1", "1"]])
        for row in rows[1:]:
            float(row[2])

    def test_npy(self):
        file = self.path("field.npy")
        self.inspect("read", "demo", "pressure", "--npy", file)
        field = numpy.load(file, allow_pickle=False)
        self.assertEqual((field.shape, field.dtype), ((24, 24, 24), numpy.float32))
        self.assertTrue(numpy.isfinite(field).all())
        self.assertEqual(os.listdir(self.folder).count("field.npy"), 1)

    def test_runtime_records_read_as_structures(self):
        state = self.document("read", "demo", "rk.wave.actors[0].state", "--json", name="read")["value"]
        self.assertEqual(state, "running")

    def test_npy_into_a_folder_that_is_not_there(self):
        done = self.inspect("read", "demo", "pressure", "--npy", self.path("none/f.npy"), expect=1)
        self.assertIn("none/f.npy", done.stderr)


class ErrorTest(WaveCase):
    def fails(self, expect, *arguments):
        done = self.inspect(*arguments, expect=expect)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_an_unknown_symbol_names_the_nearest(self):
        self.assertIn("step_counter", self.fails(NOT_FOUND, "read", "demo", "step_conter"))

    def test_an_unknown_member_of_a_scalar(self):
        self.fails((USAGE, NOT_FOUND), "read", "demo", "step_counter.x")

    def test_a_slice_out_of_range_names_the_shape(self):
        self.assertIn("[24,24,24]", self.fails(USAGE, "read", "demo", "pressure[24,:,:]").replace(", ", ","))

    def test_a_slice_with_too_many_indices(self):
        self.fails(USAGE, "read", "demo", "pressure[0,0,0,0]")

    def test_a_slice_that_is_none(self):
        for expression in ("pressure[", "pressure[a]", "pressure[0", "pressure]", "pressure[1:2:0]", "pressure[::-1]"):
            with self.subTest(expression):
                self.fails((USAGE, NOT_FOUND), "read", "demo", expression)

    def test_an_unknown_target_names_those_there_are(self):
        self.assertIn("demo", self.fails(NOT_FOUND, "read", "dmeo", "step_counter"))
        self.assertIn("demo", self.fails(NOT_FOUND, "symbols", "something"))

    def test_an_unknown_kernel_cannot_be_stopped(self):
        self.assertIn("wave", self.fails(NOT_FOUND, "stop", "demo", "--kernel", "vawe"))

    def test_words_that_make_no_command(self):
        for arguments in ((), ("reed",), ("read",), ("read", "demo", "x", "y"), ("ls", "--jsn"), ("top", "--by", "luck"),
                          ("--timeout", "0", "ls"), ("--timeout", "x", "ls"), ("watch",), ("plot",),
                          ("read", "demo", "energy", "--json", "--csv"), ("completion",), ("completion", "tcsh"),
                          ("watch", "demo", "energy", "--every", "0s"), ("watch", "demo", "energy", "--every", "soon"),
                          ("watch", "demo", "energy", "--for", "-1s"), ("watch", "demo", "energy", "--until", "1 +"),
                          ("watch", "demo", "energy", "--until", "nothing > 1"), ("watch", "demo", "e", "--count", "-1")):
            with self.subTest(arguments):
                self.fails(USAGE, *arguments)

    def test_a_symbol_without_numbers_cannot_be_drawn(self):
        self.fails(USAGE, "plot", "demo", "rk.wave.actors")

    def test_a_scalar_cannot_be_drawn(self):
        self.fails(USAGE, "plot", "demo", "energy")

    def test_top_needs_a_terminal_unless_once(self):
        self.fails(USAGE, "top", "demo")


class WatchTest(WaveCase):
    def test_count_ends_it(self):
        done = self.inspect("watch", "demo", "step_counter", "--count", "3", "--every", "10ms")
        self.assertEqual(len(done.stdout.splitlines()), 3)

    def test_for_ends_it_though_the_next_sample_is_far_away(self):
        done = self.inspect("watch", "demo", "step_counter", "--every", "1h", "--for", "100ms", limit=20)
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def test_until_ends_it_when_the_condition_holds(self):
        done = self.inspect("watch", "demo", "step_counter", "--every", "10ms", "--until", "step_counter > 0")
        self.assertEqual(len(done.stdout.splitlines()), 1)

    def test_until_fails_when_the_condition_never_held(self):
        done = self.inspect("watch", "demo", "step_counter", "--every", "10ms", "--until", "value < 0", "--count", "3",
                            expect=1)
        self.check_complaint(done.stderr)

    def test_until_sees_all_values(self):
        self.inspect("watch", "demo", "step_counter", "energy", "--every", "10ms", "--until", "v1 > 0 && v2 > -1",
                     "--for", "20s")

    def test_a_field_is_summed_up(self):
        self.assertIn("mean", self.inspect("watch", "demo", "pressure", "--count", "1").stdout)


class PictureTest(WaveCase):
    def test_a_plane_in_the_terminal(self):
        text = self.inspect("plot", "demo", "pressure[12,:,:]").stdout
        self.assertIn("pressure[12,:,:]", text)
        self.assertGreater(len(text.splitlines()), 5)

    def test_a_line_in_the_terminal(self):
        self.assertIn("energy_by_block", self.inspect("plot", "demo", "energy_by_block").stdout)

    def test_a_field_of_three_dimensions_is_cut_in_the_middle(self):
        self.assertIn("pressure[12,:,:]", self.inspect("plot", "demo", "pressure").stdout)

    def test_png(self):
        for symbol in ("pressure", "energy_by_block"):
            with self.subTest(symbol):
                file = self.path(symbol + ".png")
                done = self.inspect("plot", "demo", symbol, "-o", file)
                self.assertIn(file, done.stdout)
                with open(file, "rb") as picture:
                    self.assertEqual(picture.read(8), PNG)


class FileTest(WaveCase):
    def test_dump_into_a_file(self):
        file = self.path("demo.json")
        self.assertIn(file, self.inspect("dump", "demo", "-o", file).stdout)
        with open(file, encoding="utf-8") as text:
            validate(text.read(), "dump")
        self.assertEqual(mode_of(file) & 0o133, 0)

    def test_dump_says_what_it_left_out(self):
        done = self.inspect("dump", "demo", "--max-bytes", "100")
        symbols = {s["name"]: s for s in validate(done.stdout, "dump")["symbols"]}
        self.assertIn("omitted", symbols["pressure"])
        self.assertIn("value", symbols["energy"])

    def test_dump_leaves_the_old_file_when_the_new_one_cannot_be_written(self):
        file = self.path("old.json")
        with open(file, "w", encoding="utf-8") as text:
            text.write("old")
        limited = ["bash", "-c", 'ulimit -f 4; trap "" XFSZ; exec "$@"', "bash", program("rk-inspect")]
        done = subprocess.run([*limited, "dump", "demo", "-o", file], env=self.environment, capture_output=True,
                              text=True, timeout=seconds(20))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.check_complaint(done.stderr)
        with open(file, encoding="utf-8") as text:
            self.assertEqual(text.read(), "old")
        self.assertEqual([f for f in os.listdir(self.folder) if f.startswith("old.json")], ["old.json"])

    def test_a_full_device_is_not_taken_for_success(self):
        for arguments in (("read", "demo", "pressure", "--json"), ("read", "demo", "energy"), ("ls",), ("dump", "demo"),
                          ("watch", "demo", "energy", "--count", "1")):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                done = subprocess.run([program("rk-inspect"), *arguments], env=self.environment, stdout=full,
                                      stderr=subprocess.PIPE, text=True, timeout=seconds(20))
                self.assertEqual(done.returncode, 1)
                self.check_complaint(done.stderr)

    def test_a_reader_that_goes_away_is_no_crash(self):
        for arguments in (("read", "demo", "pressure", "--json"), ("read", "demo", "pressure", "--csv"),
                          ("watch", "demo", "energy", "--every", "1ms")):
            with self.subTest(arguments):
                inspect = subprocess.Popen([program("rk-inspect"), *arguments], env=self.environment,
                                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.addCleanup(inspect.kill)
                inspect.stdout.read(1)
                inspect.stdout.close()
                self.assertIn(inspect.wait(seconds(20)), (0, 1))
                self.assertNotIn(b"terminate", inspect.stderr.read())
                inspect.stderr.close()


class MetricsTest(WaveCase):
    def test_promtool_takes_the_scrape(self):
        series = check_scrape(self, self.inspect("metrics", "demo").stdout)
        self.assertEqual(value_of(series, "rk_target_up", target="demo"), 1)
        self.assertEqual(value_of(series, "rk_kernel_running", kernel="wave"), 1)
        self.assertGreater(value_of(series, "rk_kernel_steps_total", kernel="wave"), 0)
        self.assertGreater(value_of(series, "rk_symbol_value", symbol="step_counter"), 0)


class TableTest(WaveCase):
    def test_tables_name_what_there_is(self):
        self.assertRegex(self.inspect("ls").stdout, r"demo +\d+ +running")
        self.assertIn("pressure", self.inspect("symbols", "demo").stdout)
        self.assertNotIn("rk.wave.actors", self.inspect("symbols", "demo").stdout)
        self.assertIn("rk.wave.actors", self.inspect("symbols", "demo", "--all").stdout)
        for order in ("rate", "wait", "index"):
            self.assertIn("ACTOR", self.inspect("top", "demo", "--once", "--by", order).stdout)
        self.assertIn("runtime folder", self.inspect("doctor").stdout)


class CompletionTest(WaveCase):
    def complete(self, *words):
        """What bash offers for the last word."""
        script = f"""
            PATH={os.path.dirname(program("rk-inspect"))}:$PATH
            source <(rk-inspect completion bash)
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rk_inspect; printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        done = subprocess.run(["bash", "-c", script, "bash", "rk-inspect", *words], env=self.environment,
                              capture_output=True, text=True, timeout=seconds(20))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.split()

    def test_the_script_is_bash(self):
        script = self.inspect("completion", "bash").stdout
        checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, timeout=seconds(20))
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def test_commands(self):
        self.assertEqual(self.complete("sy"), ["symbols"])
        self.assertIn("doctor", self.complete(""))

    def test_flags(self):
        self.assertEqual(self.complete("read", "--c"), ["--consistency", "--csv"])

    def test_targets_and_symbols(self):
        self.assertEqual(self.complete("top", "d"), ["demo"])
        self.assertEqual(self.complete("read", "demo", "step"), ["step_counter"])
        self.assertEqual(self.complete("read", "pres"), ["pressure"])


class VersionTest(WaveCase):
    def test_every_program_says_its_version(self):
        for name in ("rk-inspect", "rk-agent", "rk-wave"):
            done = subprocess.run([program(name), "--version"], capture_output=True, text=True, timeout=seconds(20))
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, rf"\A{name} \d+\.\d+\.\d+\n\Z")

    def test_every_command_explains_itself(self):
        commands = re.findall(r"^  ([a-z]+) ", self.inspect("--help").stdout, re.MULTILINE)
        self.assertIn("read", commands)
        for command in commands:
            self.assertIn("Usage", self.inspect(command, "--help").stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
