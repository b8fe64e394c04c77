"""What a target leaves behind when it dies: its last state, read by name as if it lived."""

import json
import os
import signal
import unittest

import numpy

from agent_check import AgentCase
from rk_test import validate, value_of, wait_until

NOT_FOUND = 3
ROUNDS = int(os.environ.get("RK_BLACK_BOX_ROUNDS", "2"))


class BlackBoxCase(AgentCase):
    def start_torture(self, *arguments, name="victim"):
        torture = self.start("rk-torture", "--name", name, "--bytes", "256KiB", *arguments)
        wait_until(lambda: "process" in torture.stdout or torture.has_ended(), 30, "the session")
        return torture

    def dead(self):
        listed = validate(self.inspect("ls", "--json").stdout, "targets")["targets"]
        return [t for t in listed if t["state"] == "dead"]

    def wait_for_attachment(self, name="victim"):
        """The agent maps a target's memory before it takes the first sample."""
        wait_until(lambda: self.up(name) == 1, 30, "the agent's first sample")

    def pattern_of(self, target):
        file = self.path("pattern.npy")
        self.inspect("read", target, "pattern", "--npy", file)
        return numpy.load(file, allow_pickle=False)

    def progress_of(self, target):
        actors = validate(self.inspect("top", target, "--once", "--json").stdout, "actors")
        return [a["progress"] for k in actors["kernels"] for a in k["actors"]]


class DeathTest(BlackBoxCase):
    def test_a_killed_target_is_read_as_it_was_at_its_last_step(self):
        self.start_agent()
        for _ in range(ROUNDS):
            torture = self.start_torture()
            self.wait_for_attachment()
            wait_until(lambda: min(self.progress_of("victim")) > 0, what="a step")
            torture.send(signal.SIGKILL)
            torture.wait()
            target = f"victim.{torture.pid}"
            wait_until(lambda: any(t["pid"] == torture.pid for t in self.dead()), 20, "the last state")
            pattern, progress = self.pattern_of(target), self.progress_of(target)
            # At a safe point with so many steps behind it, all elements are equal to that; between two, to either.
            self.assertGreaterEqual(int(pattern.min()), min(progress))
            self.assertLessEqual(int(pattern.max()), max(progress) + 1)
            self.assertLessEqual(int(pattern.max()) - int(pattern.min()), 1)

    def test_a_target_that_faults_is_read_as_it_was_in_that_step(self):
        self.start_agent()
        for step in range(50, 50 + ROUNDS):
            # Slow, so that the agent is there in time.
            torture = self.start_torture("--fault-at", str(step), "--pause-us", "20000")
            self.wait_for_attachment()
            self.assertNotEqual(torture.wait(60), 0)
            wait_until(lambda: any(t["pid"] == torture.pid for t in self.dead()), 20, "the last state")
            pattern = self.pattern_of(f"victim.{torture.pid}")
            self.assertTrue((pattern == step).all(), pattern)

    def test_a_target_that_ends_well_leaves_nothing(self):
        self.start_agent()
        torture = self.start_torture()
        self.wait_for_attachment()
        torture.send(signal.SIGTERM)
        self.assertEqual(torture.wait(), 0, torture.stderr)
        self.start_torture(name="next")  # found after the other's end was
        wait_until(lambda: "next" in self.inspect("ls").stdout)
        self.assertEqual(self.dead(), [])

    def test_the_memory_of_a_target_that_ended_well_is_let_go(self):
        agent = self.start_agent()

        def has_memory():
            with open(f"/proc/{agent.pid}/maps", encoding="utf-8") as file:
                return "rk-segment" in file.read()
        torture = self.start_torture("--backend", "cpu")  # whose memory the process's map shows
        wait_until(has_memory, 30, "the agent's mapping")
        torture.send(signal.SIGTERM)
        self.assertEqual(torture.wait(), 0, torture.stderr)
        wait_until(lambda: not has_memory(), 30, "the mapping's end")

    def test_a_target_that_ends_while_its_kernel_is_away_leaves_nothing(self):
        self.start_agent()
        torture = self.start_torture()
        self.wait_for_attachment()
        self.inspect("preempt", "victim")
        self.inspect("stop", "victim")
        self.assertEqual(torture.wait(), 0, torture.stderr)
        self.start_torture(name="next")  # found after the other's end was
        wait_until(lambda: "next" in self.inspect("ls").stdout)
        wait_until(lambda: self.up("next") == 1, 30, "the next one's sample")
        self.assertEqual(self.dead(), [])

    def test_every_command_reads_the_dead_until_they_are_forgotten(self):
        agent = self.start_agent()
        torture = self.start_torture()
        # What only the process can read is as old as the last sample: let that be one with a step in it.
        wait_until(lambda: (value_of(self.scrape(), "rk_symbol_value", symbol="step_counter") or 0) > 0, 30, "a sample")
        torture.send(signal.SIGKILL)
        wait_until(self.dead, 20, "the last state")
        wait_until(lambda: "its kernel was running: killed by SIGKILL" in agent.stdout, 5, "the agent's line")
        torture.wait()
        listed = self.inspect("ls").stdout
        self.assertRegex(listed, r"dead(.|\n)*victim \(\d+\) died: .*SIGKILL")
        self.assertIn("pattern", self.inspect("symbols", "victim").stdout)
        self.assertIn("running", self.inspect("top", "victim", "--once").stdout)
        with open(os.path.join(self.runtime, "dead", f"victim.{torture.pid}.safetensors"), "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        actors = validate(header["__metadata__"]["rk.actors"], "actors")["kernels"][0]["actors"]
        self.assertTrue(all(a["state"] == "running" and a["progress"] > 0 for a in actors), actors)
        self.inspect("dump", "victim", "-o", self.path("d.json"))
        self.inspect("diff", "victim", "victim")
        self.assertGreater(int(self.inspect("read", "step_counter").stdout), 0)
        validate(self.inspect("forget", "victim", "--json").stdout, "forget")
        self.assertEqual(self.dead(), [])
        self.inspect("read", "victim", "pattern[0]", expect=NOT_FOUND)
        self.inspect("forget", "victim", expect=NOT_FOUND)


class KeeperTest(BlackBoxCase):
    def kill_one(self, name):
        torture = self.start_torture(name=name)
        self.wait_for_attachment(name)
        torture.send(signal.SIGKILL)
        torture.wait()
        return torture.pid

    def test_the_oldest_makes_room(self):
        self.start_agent("--dump-count", "2")
        for name in ("a", "b", "c"):
            self.kill_one(name)
            wait_until(lambda: any(t["name"] == name for t in self.dead()), 20, name)
        self.assertEqual({t["name"] for t in self.dead()}, {"b", "c"})

    def test_an_agent_that_comes_back_watches_what_lives(self):
        first = self.start_agent()
        torture = self.start_torture()
        self.wait_for_attachment()
        first.send(signal.SIGKILL)
        first.wait()
        second = self.start_agent()
        self.wait_for_attachment()
        torture.send(signal.SIGKILL)
        torture.wait()
        wait_until(self.dead, 20, "the last state")

    def test_a_folder_that_takes_no_files_is_complained_of_and_the_agent_goes_on(self):
        with open(self.path("file"), "w", encoding="utf-8"):
            pass
        agent = self.start_agent("--dump-dir", self.path("file/dead"))
        self.kill_one("lost")
        wait_until(lambda: "the last state of 'lost' is lost" in agent.stderr, 20, "the complaint")
        self.assertFalse(agent.has_ended())

    def test_none_is_kept_where_none_is_wanted(self):
        agent = self.start_agent("--no-black-box")
        torture = self.start_torture()
        wait_until(lambda: min(self.progress_of("victim")) > 0, what="a step")
        torture.send(signal.SIGKILL)
        torture.wait()
        self.start_torture(name="next")
        wait_until(lambda: "next" in self.inspect("ls").stdout)
        self.assertEqual(self.dead(), [])
        self.assertFalse(agent.has_ended())


if __name__ == "__main__":
    unittest.main()
