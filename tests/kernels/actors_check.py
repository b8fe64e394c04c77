"""rk-ring loses no token, rk-echo answers every call, and both can be watched while they run."""

import os
import re
import signal
import subprocess
import unittest

from rk_test import RkTest, program, seconds, wait_until

CUTS = os.environ.get("RK_RING_CUTS", "20")
SECONDS = os.environ.get("RK_RING_SECONDS", "2")


class RingTest(RkTest):
    def run_ring(self, *arguments):
        return subprocess.run([program("rk-ring"), *arguments], env=self.environment, capture_output=True, text=True,
                              timeout=seconds(40) + float(SECONDS))

    def test_every_cut_holds_every_token(self):
        done = self.run_ring("--cuts", CUTS, "--seconds", SECONDS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{CUTS} cuts, each with all tokens", done.stdout)
        self.assertIn("at the end: all", done.stdout)

    def test_a_full_ring_and_a_ring_of_two_lose_none_either(self):
        for arguments in (("--blocks", "4", "--depth", "1", "--tokens", "4"), ("--blocks", "2", "--tokens", "3")):
            done = self.run_ring("--cuts", "5", "--seconds", "0.3", *arguments)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_more_tokens_than_find_room_are_refused(self):
        done = self.run_ring("--blocks", "4", "--depth", "2", "--tokens", "9")
        self.assertEqual(done.returncode, 2)
        self.assertIn("at most 8", done.stderr)

    def test_a_checkpoint_holds_what_is_in_mailboxes_and_a_ring_goes_on_from_it(self):
        first = self.start("rk-ring", "--name", "ring", "--tokens", "6")
        wait_until(lambda: os.path.exists(os.path.join(self.runtime, "ring.session")), limit=30, what="the session")
        wait_until(lambda: "rk.tokens.channels" in self.inspect("symbols", "--all", "ring").stdout, limit=20,
                   what="mailboxes")
        wait_until(lambda: int(self.inspect("read", "ring", "passed[3]").stdout), limit=20, what="a token")
        file = os.path.join(self.runtime, "ring.safetensors")
        self.inspect("checkpoint", "ring", "-o", file)
        first.send(signal.SIGTERM)
        self.assertEqual(first.wait(20), 0, first.stderr)
        for _ in range(2):
            done = self.run_ring("--tokens", "6", "--restore", file, "--seconds", "0.5", "--cuts", "5")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertIn("at the end: all 6 tokens are there", done.stdout)

    def test_mailboxes_are_seen_while_it_runs(self):
        self.start("rk-ring", "--name", "ring")
        wait_until(lambda: os.path.exists(os.path.join(self.runtime, "ring.session")), limit=30, what="the session")
        wait_until(lambda: "rk.tokens.channels" in self.inspect("symbols", "--all", "ring").stdout, limit=20, what="mailboxes")

        def sent():
            return int(self.inspect("read", "ring", "rk.tokens.channels[1].sent").stdout)
        first = wait_until(sent, limit=20, what="a message")
        wait_until(lambda: sent() > first, limit=20, what="another message")
        top = self.inspect("top", "ring", "--once").stdout
        self.assertIn("MAILBOX", top)
        self.assertRegex(top, r"(?m)^tokens +[1-9]")
        metrics = self.inspect("metrics", "ring").stdout
        self.assertRegex(metrics, r'rk_mailbox_sent_total\{target="ring",mailbox="tokens"[^}]*\} [1-9]')


class ConvergeTest(RkTest):
    def converge(self, *arguments):
        return subprocess.run([program("rk-converge"), *arguments], env=self.environment, capture_output=True,
                              text=True, timeout=seconds(60))

    def test_it_ends_when_the_device_finds_it_good_enough(self):
        done = self.converge("--size", "20", "--tolerance", "1e-5")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        found = re.search(r"converged after (\d+) sweeps, residual (\S+), error (\S+),", done.stdout)
        self.assertIsNotNone(found, done.stdout)
        self.assertLess(float(found[2]), 1e-5)
        self.assertLess(float(found[3]), 1e-3)

    def test_the_residual_is_seen_while_it_falls(self):
        self.start("rk-converge", "--name", "solver", "--size", "200", "--tolerance", "1e-12")
        wait_until(lambda: os.path.exists(os.path.join(self.runtime, "solver.session")), limit=30, what="the session")

        def residual():
            return float(self.inspect("read", "solver", "residual").stdout)
        first = wait_until(residual, limit=20, what="a residual")
        wait_until(lambda: residual() < first, limit=40, what="a smaller one")


class EchoTest(RkTest):
    def test_every_call_is_answered(self):
        done = subprocess.run([program("rk-echo"), "--calls", "500", "--senders", "3"], env=self.environment,
                              capture_output=True, text=True, timeout=seconds(40))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("1500 calls", done.stdout)

    def test_an_idle_kernel_is_seen_to_be_idle(self):
        self.start("rk-echo", "--name", "echo", "--every-us", "20000")
        wait_until(lambda: os.path.exists(os.path.join(self.runtime, "echo.session")), limit=30, what="the session")

        def top():
            return self.inspect("top", "echo", "--once").stdout
        wait_until(lambda: "nothing to do" in top(), limit=20, what="an idle actor")
        self.assertRegex(top(), r"(?m)^orders +[1-9]")
        metrics = self.inspect("metrics", "echo").stdout
        self.assertRegex(metrics, r'rk_commands_acknowledged_total\{target="echo",queue="orders"[^}]*\} [1-9]')
        self.assertIn("rk_kernel_actors_idle", metrics)


if __name__ == "__main__":
    unittest.main()
