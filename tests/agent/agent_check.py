"""rk-agent with real targets, over real HTTP."""

import http.client
import os
import re
import signal
import socket
import threading
import time
import unittest

from fake_session import FakeSession
from rk_test import RkTest, check_scrape, free_port, parse_scrape, seconds, stopped, validate, value_of, wait_until

USAGE = 2


class AgentCase(RkTest):
    def start_agent(self, *arguments, listen="127.0.0.1:0"):
        agent = self.start("rk-agent", "--listen", listen, "--interval", "50ms", *arguments)
        said = wait_until(lambda: re.search(r"http://127\.0\.0\.1:(\d+)/metrics", agent.stdout) or agent.has_ended(), 20,
                          "the agent's first line")
        self.assertFalse(agent.has_ended(), agent.stderr)
        self.port = int(said[1])
        return agent

    def get(self, path, method="GET", headers=None, body=None, limit=20):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds(limit))
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        finally:
            connection.close()

    def scrape(self):
        """Values by series; fails for a series that is there twice."""
        status, text, headers = self.get("/metrics")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers["Content-Type"])
        return parse_scrape(text)[1]

    def up(self, target):
        return value_of(self.scrape(), "rk_target_up", target=target)

    def targets(self):
        return {t["name"]: t for t in validate(self.get("/api/v1/targets")[1], "targets")["targets"]}

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=seconds(20))
        self.addCleanup(connection.close)
        return connection

    def check_ends(self, agent, number=signal.SIGTERM, limit=5):
        begin = time.monotonic()
        agent.send(number)
        self.assertEqual(agent.wait(20), 0, agent.stderr)
        self.assertLess(time.monotonic() - begin, seconds(limit))


class TargetTest(AgentCase):
    def test_targets_are_found_as_they_come_and_go(self):
        self.start_agent()
        self.assertEqual(self.targets(), {})
        self.assertEqual(value_of(self.scrape(), "rk_agent_targets"), 0)
        first = self.start_wave("first")
        wait_until(lambda: self.up("first") == 1, what="first is up")
        self.start_wave("second")
        wait_until(lambda: self.up("second") == 1, what="second is up")
        found = self.targets()
        self.assertEqual({name: t["state"] for name, t in found.items()}, {"first": "running", "second": "running"})
        self.assertEqual(found["first"]["pid"], first.pid)
        first.send(signal.SIGTERM)
        first.wait()
        wait_until(lambda: not self.up("first"), what="first is down")
        self.assertEqual(self.up("second"), 1)
        self.assertEqual(self.targets()["second"]["state"], "running")

    def test_what_a_killed_target_said_last_is_not_said_for_it(self):
        wave = self.start_wave()
        self.start_agent()
        wait_until(lambda: self.up("demo") == 1, what="demo is up")
        wave.send(signal.SIGKILL)
        wait_until(lambda: not self.up("demo"), 2, "demo is down within two seconds")
        self.assertIsNone(value_of(self.scrape(), "rk_kernel_running", target="demo"))
        self.assertEqual(self.targets()["demo"]["state"], "unreachable")

    def test_a_target_that_comes_again_is_one_series(self):
        self.start_agent()
        for _ in range(3):
            wave = self.start_wave()
            wait_until(lambda: self.up("demo") == 1, what="demo is up")
            wave.send(signal.SIGKILL)
            wave.wait()
            # Every scrape in between is checked for a name that is there twice.
            wait_until(lambda: not self.up("demo"), what="demo is down")
        self.start_wave()
        wait_until(lambda: self.up("demo") == 1, what="demo is up again")
        self.assertEqual(list(self.targets()), ["demo"])

    def test_steps_move_from_scrape_to_scrape(self):
        self.start_wave()
        self.start_agent()
        wait_until(lambda: self.up("demo") == 1, what="demo is up")
        steps = value_of(self.scrape(), "rk_kernel_steps_total", target="demo")
        wait_until(lambda: value_of(self.scrape(), "rk_kernel_steps_total", target="demo") > steps, what="steps move")

    def test_a_target_that_hangs_delays_no_other(self):
        hangs = self.start_wave("hangs")
        self.start_wave("moves")
        self.start_agent()
        wait_until(lambda: self.up("hangs") == 1 and self.up("moves") == 1, what="both are up")
        with stopped(hangs):
            wait_until(lambda: self.up("hangs") == 0, what="hangs is down")
            for _ in range(3):
                before = value_of(self.scrape(), "rk_symbol_value", target="moves", symbol="step_counter")
                wait_until(lambda: value_of(self.scrape(), "rk_symbol_value", target="moves", symbol="step_counter")
                           > before, 1, "moves is sampled")
        wait_until(lambda: self.up("hangs") == 1, what="hangs is up again")

    def test_sessions_that_lie_are_down_and_harm_nobody(self):
        for name, answer in (("garbage", lambda s, kind, request, text: b"x" * 64),
                             ("silent", lambda s, kind, request, text: b""),
                             ("gone", lambda s, kind, request, text: None)):
            self.addCleanup(FakeSession(self.runtime, name, answer).close)
        self.addCleanup(FakeSession(self.runtime, "alias").close)  # its catalogue claims the name "fake"
        self.addCleanup(FakeSession(self.runtime, "fake").close)
        self.start_agent()
        wait_until(lambda: self.up("alias") == 1 and self.up("fake") == 1, what="the honest are up")
        series = check_scrape(self, self.get("/metrics")[1])
        for name in ("garbage", "silent", "gone"):
            self.assertEqual(value_of(series, "rk_target_up", target=name), 0)
        self.assertGreater(value_of(series, "rk_agent_sample_errors_total"), 0)


class HttpTest(AgentCase):
    def test_pages(self):
        self.start_agent()
        self.assertEqual(self.get("/healthz")[:2], (200, "ok\n"))
        wait_until(lambda: self.get("/readyz")[0] == 200, what="ready")
        self.assertEqual(self.get("/api/v1/targets")[2]["Content-Type"], "application/json")
        self.assertIn("/metrics", self.get("/")[1])
        self.assertEqual(self.get("/metrics", method="HEAD")[:2], (200, ""))

    def test_the_scrape_passes_promtool(self):
        self.start_wave()
        self.start_agent()
        wait_until(lambda: self.up("demo") == 1, what="demo is up")
        series = check_scrape(self, self.get("/metrics")[1])
        self.assertGreater(value_of(series, "rk_agent_resident_memory_bytes"), 0)
        self.assertGreater(value_of(series, "rk_agent_samples_total"), 0)

    def test_what_is_not_there_and_what_may_not_be_done(self):
        self.start_agent()
        self.assertEqual(self.get("/nothing")[0], 404)
        self.assertEqual(self.get("/../../etc/passwd")[0], 404)
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            for path in ("/metrics", "/api/v1/targets", "/"):
                with self.subTest(method=method, path=path):
                    self.assertIn(self.get(path, method=method)[0], (404, 405))
        self.assertEqual(self.get("/healthz")[0], 200)

    def test_bodies_and_headers_beyond_the_limits(self):
        self.start_agent()
        self.assertIn(self.get("/metrics", method="POST", body="x" * 10_000)[0], (404, 405, 413))
        for headers in ({"X-Long": "x" * 9000}, {f"X-{i}": "x" * 1000 for i in range(60)}):
            with self.subTest(len(headers)):
                # Refused with an answer, or by hanging up.
                try:
                    self.assertGreaterEqual(self.get("/metrics", headers=headers)[0], 400)
                except (http.client.HTTPException, ConnectionError):
                    pass
        self.assertEqual(self.get("/healthz")[0], 200)

    def test_what_is_no_http(self):
        self.start_agent()
        for text in (b"\x00" * 100, b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 64,
                     b"GET /metrics HTTP/9.9\r\n\r\n", b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n"):
            with self.subTest(text[:20]):
                connection = self.connect()
                connection.sendall(text)
                connection.shutdown(socket.SHUT_WR)
                self.drain(connection)
        self.assertEqual(self.get("/healthz")[0], 200)

    @staticmethod
    def drain(connection):
        """Reads until the agent closes; a reset is a close too."""
        try:
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass

    def test_half_open_connections_do_not_hold_up_a_scrape(self):
        self.start_agent()
        held = [self.connect() for _ in range(20)]
        for connection in held[:10]:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost:")
        begin = time.monotonic()
        self.assertEqual(self.get("/metrics")[0], 200)
        self.assertLess(time.monotonic() - begin, seconds(5))

    def test_a_client_that_drips_is_cut_off_as_a_whole(self):
        self.start_agent()
        connection = self.connect()
        connection.sendall(b"GET /metrics HTTP/1.1\r\n")
        begin = time.monotonic()
        connection.settimeout(0.2)
        while time.monotonic() - begin < seconds(10):
            try:
                connection.sendall(b"X")
                if not connection.recv(1):
                    break
            except socket.timeout:
                continue
            except ConnectionError:
                break
        self.assertLess(time.monotonic() - begin, seconds(5))

    def test_many_scrapes_at_once(self):
        self.start_wave()
        self.start_agent()
        wait_until(lambda: self.up("demo") == 1, what="demo is up")
        statuses = []
        threads = [threading.Thread(target=lambda: statuses.append(self.get("/metrics")[0])) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(statuses, [200] * 40)


class StartTest(AgentCase):
    def fails(self, expect, *arguments):
        agent = self.start("rk-agent", *arguments)
        self.assertEqual(agent.wait(), expect, agent.stderr)
        return agent.stderr

    def test_a_port_that_is_taken(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            stderr = self.fails(1, "--listen", f"127.0.0.1:{port}")
            self.check_complaint(stderr, "rk-agent")
            self.assertIn(str(port), stderr)

    def test_two_agents_do_not_share_a_port(self):
        self.start_agent(listen=f"127.0.0.1:{free_port()}")
        other = self.path("other")
        os.mkdir(other, 0o700)
        second = self.start("rk-agent", "--listen", f"127.0.0.1:{self.port}",
                            environment={**self.environment, "RK_RUNTIME_DIR": other})
        self.assertEqual(second.wait(), 1)
        self.check_complaint(second.stderr, "rk-agent")

    def test_one_agent_a_folder(self):
        first = self.start_agent()
        stderr = self.fails(1, "--listen", "127.0.0.1:0")
        self.check_complaint(stderr, "rk-agent")
        self.assertIn(str(first.pid), stderr)

    def test_the_folder_is_free_again_after_a_kill(self):
        agent = self.start_agent()
        agent.send(signal.SIGKILL)
        agent.wait()
        self.start_agent()

    def test_words_that_make_no_sense(self):
        for arguments in (("--listen", "nonsense"), ("--listen", "127.0.0.1:"), ("--listen", "127.0.0.1:65536"),
                          ("--listen", "127.0.0.1:-1"), ("--listen", "127.0.0.1:80x"), ("--listen", ":9469"),
                          ("--interval", "0ms"), ("--interval", "soon"), ("--interval", "-1s"), ("--interval", "10"),
                          ("--interval", "10ms "), ("--nothing",), ("stray",)):
            with self.subTest(arguments):
                self.assertTrue(self.fails(USAGE, *arguments))

    def test_a_folder_that_is_open_to_others(self):
        os.chmod(self.runtime, 0o755)
        self.check_complaint(self.fails(1, "--listen", "127.0.0.1:0"), "rk-agent")


class EndTest(AgentCase):
    def test_signals_end_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                self.check_ends(self.start_agent(), number)

    def test_open_connections_do_not_keep_it(self):
        agent = self.start_agent()
        held = [self.connect() for _ in range(20)]
        held[0].sendall(b"GET /metrics HTTP/1.1\r\n")
        self.check_ends(agent, limit=2)

    def test_a_target_that_hangs_does_not_keep_it(self):
        wave = self.start_wave()
        agent = self.start_agent()
        wait_until(lambda: self.up("demo") == 1, what="demo is up")
        with stopped(wave):
            self.check_ends(agent)


if __name__ == "__main__":
    unittest.main(verbosity=2)
