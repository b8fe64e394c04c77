"""Targets that begin, hang, die and end while somebody looks at them."""

import fcntl
import os
import pty
import signal
import socket
import struct
import subprocess
import termios
import time
import unittest

from rk_test import Process, RkTest, program, read_available, seconds, stopped, validate, wait_until

USAGE, NOT_FOUND, NO_ANSWER = 2, 3, 4


class KilledTest(RkTest):
    """kill -9 of the target: whoever reads it ends in time, with a sentence."""

    def check_ends(self, reader, limit=10):
        self.assertIn(reader.wait(limit), (NOT_FOUND, NO_ANSWER), reader.stderr)
        self.check_complaint(reader.stderr)

    def test_during_watch(self):
        wave = self.start_wave()
        watch = self.start("rk-inspect", "watch", "demo", "step_counter", "--every", "10ms")
        wait_until(lambda: watch.stdout.count("\n") > 3, what="watch's first lines")
        wave.send(signal.SIGKILL)
        self.check_ends(watch)

    def test_during_a_loop_of_reads(self):
        wave = self.start_wave()
        loop = Process(["bash", "-c", 'while "$0" read demo pressure >/dev/null; do echo; done; "$0" read demo pressure',
                        program("rk-inspect")], self.environment)
        self.addCleanup(loop.end)
        wait_until(lambda: loop.stdout.count("\n") > 2, what="the first reads")
        wave.send(signal.SIGKILL)
        self.assertEqual(loop.wait(), NOT_FOUND)
        for line in loop.stderr.splitlines():
            self.check_complaint(line + "\n")

    def test_during_a_read_of_a_large_field(self):
        wave = self.start_wave(size=96, moving=False)
        reader = self.start("rk-inspect", "watch", "demo", "pressure", "--every", "1ms")
        wait_until(lambda: "\n" in reader.stdout, 30, "the first read")
        wave.send(signal.SIGKILL)
        self.check_ends(reader)

    def test_during_top(self):
        wave = self.start_wave()
        with Terminal(self, "rk-inspect", "top", "demo", "--every", "50ms") as top:
            top.wait_for(b"actors running")
            wave.send(signal.SIGKILL)
            top.read_to_end()
            self.assertIn(top.process.wait(seconds(10)), (NOT_FOUND, NO_ANSWER))
            self.check_complaint(top.stderr())

    def test_its_socket_is_swept_and_its_name_is_free_again(self):
        wave = self.start_wave()
        wave.send(signal.SIGKILL)
        wave.wait()
        self.assertIn("demo.session", os.listdir(self.runtime))
        self.assertEqual(self.document("ls", "--json", name="targets")["targets"], [])
        self.assertEqual([f for f in os.listdir(self.runtime) if not f.startswith(".")], [])
        self.start_wave()

    def test_a_new_session_takes_the_name_of_a_dead_one_without_a_sweep(self):
        wave = self.start_wave()
        wave.send(signal.SIGKILL)
        wave.wait()
        self.start_wave()


class Terminal:
    """A program on a terminal of its own; standard error goes to a file, so that it can be told apart."""

    def __init__(self, test, name, *arguments):
        self._errors = test.path("stderr")
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        with open(self._errors, "wb") as errors:
            self.process = subprocess.Popen([program(name), *arguments], env=test.environment, stdin=slave, stdout=slave,
                                            stderr=errors, start_new_session=True)
        os.close(slave)
        self.seen = b""

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)

    def stderr(self):
        with open(self._errors, encoding="utf-8") as errors:
            return errors.read()

    def type(self, text):
        os.write(self._master, text)

    def wait_for(self, text, limit=15):
        until = time.monotonic() + seconds(limit)
        while text not in self.seen:
            left = until - time.monotonic()
            assert left > 0, f"{text!r} did not appear in {self.seen[-500:]!r} {self.stderr()}"
            self.seen += read_available(self._master, left)

    def read_to_end(self, limit=15):
        """A terminal's end comes when its last program is gone."""
        until = time.monotonic() + seconds(limit)
        while time.monotonic() < until:
            part = read_available(self._master, seconds(limit))
            if not part:
                return
            self.seen += part
        raise AssertionError("the program still writes")


class TopTest(RkTest):
    def test_keys_sort_pause_and_quit(self):
        self.start_wave()
        with Terminal(self, "rk-inspect", "top", "demo", "--every", "50ms") as top:
            top.wait_for(b"sorted by wait")
            top.type(b"r")
            top.wait_for(b"rate")
            top.type(b"i")
            top.wait_for(b"index")
            top.type(b" ")
            top.type(b"q")
            top.read_to_end()
            self.assertEqual(top.process.wait(seconds(10)), 0, top.stderr())
            self.assertEqual(top.stderr(), "")

    def test_gives_the_terminal_back(self):
        self.start_wave()
        with Terminal(self, "rk-inspect", "top", "demo", "--every", "50ms") as top:
            top.wait_for(b"\x1b[?1049h")
            top.type(b"q")
            top.read_to_end()
            self.assertIn(b"\x1b[?1049l", top.seen)

    def test_does_not_spin_without_a_keyboard(self):
        self.start_wave()
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        done = subprocess.run([program("rk-inspect"), "top", "demo"], env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=slave, stderr=subprocess.PIPE, text=True, timeout=seconds(20))
        os.close(slave)
        self.assertEqual(done.returncode, USAGE)
        self.check_complaint(done.stderr)


class FrozenTest(RkTest):
    def test_no_command_waits_longer_than_it_was_told(self):
        wave = self.start_wave()
        with stopped(wave):
            for command in (("read", "demo", "energy"), ("symbols", "demo"), ("top", "demo", "--once"),
                            ("metrics", "demo"), ("dump", "demo"), ("stop", "demo")):
                with self.subTest(command):
                    begin = time.monotonic()
                    self.inspect("--timeout", "0.3", *command, expect=NO_ANSWER)
                    self.assertLess(time.monotonic() - begin, seconds(5))
            target, = self.document("--timeout", "0.3", "ls", "--json", name="targets")["targets"]
            self.assertEqual(target["state"], "unreachable")
        self.inspect("read", "demo", "energy")

    def test_a_watch_that_freezes_with_its_target_ends_in_time(self):
        wave = self.start_wave()
        watch = self.start("rk-inspect", "--timeout", "0.5", "watch", "demo", "energy", "--every", "10ms")
        wait_until(lambda: "\n" in watch.stdout, what="watch's first line")
        with stopped(wave):
            self.assertEqual(watch.wait(), NO_ANSWER)
            self.check_complaint(watch.stderr)


class EndTest(RkTest):
    def check_clean(self, wave):
        self.assertEqual(wave.wait(20), 0, wave.stderr)
        self.assertEqual(wave.stderr, "")
        self.assertRegex(wave.stdout, r"\d+ steps in ")
        self.assertEqual(os.listdir(self.runtime), [])

    def test_stop(self):
        wave = self.start_wave()
        self.assertIn("demo", self.inspect("stop", "demo").stdout)
        self.check_clean(wave)

    def test_stop_of_one_kernel_says_so_in_json(self):
        wave = self.start_wave()
        document = self.document("stop", "demo", "--kernel", "wave", "--json", name="stop")
        self.assertEqual((document["target"], document["kernel"], document["request"]), ("demo", "wave", "stop"))
        self.check_clean(wave)

    def test_stop_with_abort_ends_it_too(self):
        wave = self.start_wave()
        self.assertEqual(self.document("stop", "--abort", "--json", name="stop")["request"], "abort")
        self.assertIn(wave.wait(20), (0, 1))

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                wave = self.start_wave()
                wave.send(number)
                self.check_clean(wave)

    def test_a_signal_that_comes_before_the_first_step(self):
        wave = self.start_wave(moving=False)
        wave.send(signal.SIGTERM)
        self.check_clean(wave)

    def test_a_connection_that_is_held_open_does_not_keep_the_target(self):
        wave = self.start_wave()
        with socket.socket(socket.AF_UNIX) as held:
            held.connect(os.path.join(self.runtime, "demo.session"))
            wave.send(signal.SIGTERM)
            self.check_clean(wave)


class NameTest(RkTest):
    def test_two_sessions_cannot_have_one_name(self):
        first = self.start_wave()
        second = self.start("rk-wave", "--name", "demo", "--size", "24")
        self.assertEqual(second.wait(), 1)
        self.check_complaint(second.stderr, "rk-wave")
        self.assertIn(str(first.pid), second.stderr)
        self.assertGreater(self.steps("demo"), 0)

    def test_names_that_are_paths_or_flags_are_refused(self):
        for name in ("../demo", ".hidden", "a/b", "a b", "x" * 65):
            with self.subTest(name):
                wave = self.start("rk-wave", "--name", name)
                self.assertEqual(wave.wait(), USAGE, wave.stderr)

    def test_a_target_must_be_named_where_there_are_several(self):
        self.start_wave("one")
        self.start_wave("two")
        done = self.inspect("read", "step_counter", expect=USAGE)
        self.assertIn("one, two", done.stderr)
        self.assertGreater(int(self.inspect("read", "two", "step_counter").stdout), 0)

    def test_no_target_at_all(self):
        for command in (("read", "x"), ("symbols",), ("top", "--once"), ("dump",), ("stop",), ("metrics",), ("plot", "x"),
                        ("watch", "x"), ("read", "demo", "x"), ("symbols", "demo")):
            with self.subTest(command):
                done = self.inspect(*command, expect=NOT_FOUND)
                self.assertIn(self.runtime, done.stderr)
        self.assertIn("No targets", self.inspect("ls").stdout)
        self.assertEqual(self.document("ls", "--json", name="targets")["targets"], [])


class FolderTest(RkTest):
    def fails(self, folder, *arguments):
        done = self.inspect(*(arguments or ("ls",)), environment={**self.environment, "RK_RUNTIME_DIR": folder}, expect=1)
        self.check_complaint(done.stderr)
        return done.stderr

    def test_a_folder_that_is_open_to_others(self):
        os.chmod(self.runtime, 0o755)
        self.assertIn("chmod", self.fails(self.runtime))
        wave = self.start("rk-wave", "--name", "demo")
        self.assertEqual(wave.wait(), 1)
        self.check_complaint(wave.stderr, "rk-wave")

    def test_a_folder_of_somebody_else(self):
        # /proc/1 belongs to root and is nobody's runtime folder; for root, another user's folder is made.
        foreign = self.path("foreign")
        os.mkdir(foreign, 0o700)
        if os.geteuid() == 0:
            os.chown(foreign, 65534, 65534)
        else:
            foreign = "/root"
        self.assertIn("belongs to", self.fails(foreign))

    def test_a_file_in_the_folders_place(self):
        file = self.path("file")
        with open(file, "w", encoding="utf-8"):
            pass
        self.assertIn("not a folder", self.fails(file))

    def test_a_link_in_the_folders_place(self):
        link = self.path("link")
        os.symlink(self.runtime, link)
        self.fails(link)

    def test_a_folder_that_cannot_be_made(self):
        self.fails("/proc/rk-inspect-none")

    def test_the_doctor_says_what_is_wrong(self):
        os.chmod(self.runtime, 0o755)
        done = self.inspect("doctor", "--json", expect=1)
        findings = {f["what"]: f for f in validate(done.stdout, "doctor")["findings"]}
        self.assertEqual(findings["runtime folder"]["result"], "bad")

    def test_a_path_too_long_for_a_socket_says_so(self):
        deep = os.path.join(self.folder, "d" * 100)
        os.mkdir(deep, 0o700)
        wave = self.start("rk-wave", "--name", "demo", environment={**self.environment, "RK_RUNTIME_DIR": deep})
        self.assertEqual(wave.wait(), USAGE)
        self.assertIn("RK_RUNTIME_DIR", wave.stderr)

    def test_a_folder_that_is_missing_is_made_for_its_user_alone(self):
        fresh = self.path("fresh")
        self.inspect("ls", environment={**self.environment, "RK_RUNTIME_DIR": fresh})
        self.assertEqual(os.stat(fresh).st_mode & 0o777, 0o700)


if __name__ == "__main__":
    unittest.main(verbosity=2)
