"""Sessions that lie, stop in the middle or say nothing: every command ends, in time, with a sentence."""

import json
import os
import threading
import time
import unittest

import fake_session
from fake_session import FakeSession, catalogue, frame, symbol
from rk_test import RkTest, seconds, validate

USAGE, NOT_FOUND, NO_ANSWER, DAMAGED = 2, 3, 4, 5


class HostileCase(RkTest):
    def fake(self, answer=None, name="fake", **options):
        session = FakeSession(self.runtime, name, answer, **options)
        self.addCleanup(session.close)
        return session

    def fails(self, expect, *arguments, timeout="2", within=10):
        """The command ends with that status, and does not use up more time than its limits allow."""
        begin = time.monotonic()
        done = self.inspect("--timeout", timeout, *arguments, expect=expect)
        self.assertLess(time.monotonic() - begin, seconds(within))
        self.assertEqual(done.stdout, "")
        return done.stderr

    def only(self, kind, answer):
        """Honest, but for one kind of request."""
        def choose(session, asked, request, text):
            return answer(request) if asked == kind else session.honest(asked, request, text)
        return choose


class HonestTest(HostileCase):
    def test_the_fake_session_itself_is_believed(self):
        self.fake()
        self.assertEqual(self.document("read", "fake", "f", "--json", name="read")["shape"], [2, 3])
        self.document("symbols", "fake", "--json", name="symbols")
        self.document("dump", "fake", "--json", name="dump")
        self.document("top", "fake", "--json", name="actors")


class FrameTest(HostileCase):
    def test_another_protocol_version_is_named(self):
        self.fake(lambda s, kind, request, text: frame(fake_session.REPLY, request, "{}", version=99))
        self.assertIn("99", self.fails(DAMAGED, "read", "fake", "x"))

    def test_something_that_is_no_session_at_all(self):
        self.fake(lambda s, kind, request, text: b"HTTP/1.1 400 Bad Request\r\n\r\n" + b" " * 64)
        self.fails(DAMAGED, "symbols", "fake")

    def test_a_frame_that_announces_gigabytes(self):
        head = fake_session.HEAD.pack(fake_session.MAGIC, 1, fake_session.REPLY, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0)
        self.fake(lambda s, kind, request, text: head)
        self.fails(DAMAGED, "read", "fake", "x")

    def test_a_frame_that_stops_in_the_middle(self):
        self.fake(lambda s, kind, request, text: s.honest(kind, request, text)[:-2])
        self.fails(NO_ANSWER, "read", "fake", "x", timeout="0.5")

    def test_a_session_that_hangs_up_in_the_middle(self):
        self.fake(self.only(fake_session.READ, lambda request: None))
        self.fails(NOT_FOUND, "read", "fake", "x")

    def test_a_session_that_never_answers(self):
        self.fake(lambda s, kind, request, text: b"")
        for command in (("read", "fake", "x"), ("symbols", "fake"), ("top", "fake", "--once"), ("dump", "fake"),
                        ("metrics", "fake"), ("stop", "fake"), ("watch", "fake", "x"), ("plot", "fake", "f")):
            with self.subTest(command):
                self.fails(NO_ANSWER, *command, timeout="0.3", within=5)

    def test_a_session_that_falls_silent_after_its_catalogue(self):
        self.fake(self.only(fake_session.STATUS, lambda request: b""))
        self.fails(NO_ANSWER, "metrics", "fake", timeout="0.3", within=5)

    def test_an_answer_to_a_question_that_was_not_asked(self):
        self.fake(lambda s, kind, request, text: s.honest(kind, request + 1, text))
        self.fails(DAMAGED, "read", "fake", "x")

    def test_an_error_that_is_no_error_message(self):
        self.fake(self.only(fake_session.READ, lambda request: frame(fake_session.ERROR, request, "[]")))
        self.fails(DAMAGED, "read", "fake", "x")

    def test_an_error_whose_text_holds_terminal_codes_and_lines(self):
        text = json.dumps({"code": "failed", "message": "a\nb\x1b[2J\rc"})
        self.fake(self.only(fake_session.READ, lambda request: frame(fake_session.ERROR, request, text)))
        stderr = self.inspect("read", "fake", "x", expect=(1, DAMAGED)).stderr
        self.check_complaint(stderr)
        self.assertNotIn("\x1b", stderr)

    def test_a_read_that_brings_another_number_of_bytes(self):
        for size in (0, 3, 5):
            reply = json.dumps({"consistency": "live", "read_unix_ns": 1})
            with self.subTest(size):
                session = FakeSession(self.runtime, f"fake{size}", self.only(
                    fake_session.READ, lambda request: frame(fake_session.REPLY, request, reply, b"\0" * size)))
                self.addCleanup(session.close)
                self.fails(DAMAGED, "read", f"fake{size}", "x")

    def test_hello_with_descriptors_that_did_not_come(self):
        hello = json.dumps({"session": "fake", "pid": 1, "rk_version": "0.1.0", "segments": [1, 2, 3]})
        self.fake(self.only(fake_session.HELLO, lambda request: frame(fake_session.REPLY, request, hello)))
        self.fails(DAMAGED, "read", "fake", "x")


class CatalogueTest(HostileCase):
    def damaged(self, listed, *arguments):
        self.fake(listed=listed)
        return self.fails(DAMAGED, *(arguments or ("symbols", "fake")))

    def test_no_json(self):
        self.fake(self.only(fake_session.CATALOGUE, lambda request: frame(fake_session.REPLY, request, "{\"a\":")))
        self.fails(DAMAGED, "symbols", "fake")

    def test_json_of_a_hundred_thousand_lists(self):
        self.fake(self.only(fake_session.CATALOGUE, lambda request: frame(fake_session.REPLY, request, "[" * 100_000)))
        self.fails(DAMAGED, "symbols", "fake")

    def test_text_that_is_no_utf8(self):
        self.fake(self.only(fake_session.CATALOGUE,
                            lambda request: frame(fake_session.REPLY, request, b"{\"schema\":\"\xff\xfe\"}")))
        self.fails(DAMAGED, "symbols", "fake")

    def test_another_schema(self):
        self.damaged(catalogue(schema="rk-inspect/catalogue/2"))

    def test_a_symbol_larger_than_its_shape(self):
        self.damaged(catalogue(symbols=[symbol(0, "x", 0, [], 1 << 40)]))

    def test_a_shape_whose_product_overflows(self):
        self.damaged(catalogue(symbols=[symbol(0, "x", 0, [1 << 32, 1 << 32, 4], 0)]))

    def test_a_type_that_does_not_exist(self):
        self.damaged(catalogue(symbols=[symbol(0, "x", 7, [], 4)]))

    def test_a_scalar_of_a_terabyte_is_refused_before_memory_is_taken_for_it(self):
        self.fake(listed=catalogue(types=[{"name": "float", "encoding": "floating", "size_bytes": 1 << 40}],
                                   symbols=[symbol(0, "x", 0, [], 1 << 40)]))
        for command in (("metrics", "fake"), ("read", "fake", "x"), ("watch", "fake", "x"), ("ls", "--json")):
            with self.subTest(command):
                # Scalars beyond reason may be left out of a scrape; whoever asks for this one gets an error.
                refused = (USAGE, DAMAGED) if command[0] in ("read", "watch") else (0, DAMAGED)
                self.inspect(*command, expect=refused)

    def test_a_type_of_one_byte_with_endless_parts(self):
        types = [{"name": "byte", "encoding": "unsigned_integer", "size_bytes": 1}]
        for level in range(50):
            members = [{"name": name, "offset_bytes": 0, "type": level} for name in "ab"]
            types.append({"name": f"u{level}", "encoding": "structure", "size_bytes": 1, "members": members})
        self.fake(listed=catalogue(types=types, symbols=[symbol(0, "x", 50, [], 1)]))
        self.fails(DAMAGED, "read", "fake", "x", "--json")
        self.fails(DAMAGED, "read", "fake", "x", "--csv")
        self.fails(DAMAGED, "dump", "fake")
        self.inspect("read", "fake", "x")
        self.inspect("read", "fake", "x", "--npy", self.path("x.npy"))

    def test_names_that_a_shell_or_a_terminal_would_take_for_commands(self):
        marker = self.path("marker")
        name = f"$(touch {marker})"
        self.fake(listed=catalogue(symbols=[symbol(0, name, 0, [], 4), symbol(1, "plain", 0, [], 4)]))
        self.assertEqual(self.inspect("completion", "names", "read", "fake").stdout, "fake\nplain\n")
        dump = validate(self.inspect("dump", "fake").stdout, "dump")
        self.assertEqual([s["name"] for s in dump["symbols"]], [name, "plain"])
        self.assertFalse(os.path.exists(marker))

    def test_terminal_codes_in_a_name(self):
        self.fake(listed=catalogue(symbols=[symbol(0, "a\x1b[2Jb", 0, [], 4)]))
        for command in ("symbols", "metrics", "dump"):
            done = self.inspect(command, "fake", expect=(0, DAMAGED))
            self.assertNotIn("\x1b", done.stdout + done.stderr)

    def test_kernels_of_one_name_do_not_spoil_a_scrape(self):
        record = [{"name": "record", "encoding": "opaque", "size_bytes": 128}]
        actors = [{**symbol(i, f"actors{i}", 0, [1], 128), "runtime": True} for i in range(2)]
        kernels = [{"id": i, "name": "same", "grid": [1, 1, 1], "block": [1, 1, 1], "actor_count": 1,
                    "synchrony": "grid", "instrumentation": "progress", "actors": i, "launched": True,
                    "launched_unix_ns": 1} for i in range(2)]
        self.fake(listed=catalogue(types=record, symbols=actors, kernels=kernels))
        document = self.document("metrics", "fake", "--json", name="metrics")
        running = [m for m in document["metrics"] if m["name"] == "rk_kernel_running"]
        self.assertEqual(len(running[0]["samples"]), 1)


class NeighbourTest(HostileCase):
    def test_ls_waits_for_all_slow_targets_together(self):
        # Each answers once all have been asked: asked one after the other, the first would never.
        asked = threading.Barrier(3)

        def answer(session, kind, request, text):
            if kind == fake_session.HELLO:
                asked.wait(seconds(30))
            return session.honest(kind, request, text)

        for name in ("a", "b", "c"):
            self.fake(answer, name=name)
        listed = self.document("ls", "--json", "--timeout", str(seconds(30)), name="targets")["targets"]
        self.assertEqual([t["state"] for t in listed], ["idle"] * 3)

    def test_ls_shows_the_others_and_says_what_is_wrong_with_each(self):
        self.fake()
        self.fake(lambda s, kind, request, text: b"", name="silent")
        self.fake(lambda s, kind, request, text: b"x" * 64, name="garbage")
        done = self.inspect("ls", "--timeout", "0.5")
        self.assertIn("fake", done.stdout)
        self.assertIn("silent", done.stderr)
        document = self.document("ls", "--json", "--timeout", "0.5", name="targets")
        self.assertEqual({t["name"]: t["state"] for t in document["targets"]},
                         {"fake": "idle", "silent": "unreachable", "garbage": "unreachable"})
        self.assertEqual({t["name"] for t in document["targets"] if "error" in t}, {"silent", "garbage"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
