# SPDX-License-Identifier: Apache-2.0
"""Starting and stopping, again and again, in every order: nothing hangs, nothing stays."""

import os
import pathlib
import random
import signal
import time

import images
from harness import TaktTest, needs_kvm


def shared_memory():
    names = {p.name for p in pathlib.Path("/dev/shm").iterdir()}
    return {n for n in names if "takt" in n or "guest" in n}


def processes_of_session(session):
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


@needs_kvm
class StartStop(TaktTest):
    def in_session(self, command, number=None, after_s=0.0):
        """Runs a command as the leader of a session; ends it by a signal unless number is None.
        Nothing of the session may be left."""
        running = self.start(command, start_new_session=True)
        if number is not None:
            time.sleep(after_s)
            running.send(number)
        ended = running.wait(20)
        self.assertEqual(processes_of_session(running.pid), [], f"processes left{ended}")
        return ended

    def test_twenty_times_in_a_row(self):
        command = self.command(kernel=self.guest(images.says(b"ok", 0)))
        shared = shared_memory()
        begin = time.monotonic()
        for _ in range(20):
            ended = self.in_session(command)
            self.assert_status(ended, 1)
            self.assertEqual(ended.stdout, b"ok", ended)
        self.assertEqual(shared_memory(), shared)
        self.assertEqual(list(self.cwd.iterdir()), [])
        self.assertLess(time.monotonic() - begin, 30, "seconds for 20 runs")

    def test_eight_vcpus_of_which_seven_never_start(self):
        command = self.command("--cpus", "8", "--print-effective",
                               kernel=self.guest(images.power_off()))
        ended = self.in_session(command)
        self.assert_status(ended, 0)
        names = [t["name"] for t in ended.json()["threads"] if t["name"].startswith("vcpu")]
        self.assertEqual(names, [f"vcpu{n}" for n in range(8)], ended)

    def test_vcpus_that_wait_for_their_sipi_do_not_delay_the_end(self):
        command = self.command("--cpus", "8", kernel=self.guest(images.power_off()))
        begin = time.monotonic()
        self.assert_status(self.in_session(command), 0)
        self.assertLess(time.monotonic() - begin, 5, "seconds")

    def test_sigterm_at_any_moment_of_the_start(self):
        """Before takt listens for the signal its default ends the process: both are in order."""
        command = self.command("--cpus", "4", kernel=self.guest(images.halts()))
        chance = random.Random(1)
        for _ in range(25):
            after_s = chance.uniform(0, 0.04)
            ended = self.in_session(command, signal.SIGTERM, after_s)
            self.assertIn(ended.status, (143, -signal.SIGTERM), f"after {after_s:.3f} s{ended}")
            self.assert_silent(ended)

    def test_sigkill_leaves_nothing_behind(self):
        shared = shared_memory()
        command = self.command("--cpus", "2", kernel=self.guest(images.halts()))
        self.in_session(command, signal.SIGKILL, 0.2)
        self.assertEqual(shared_memory(), shared)
        self.assertEqual(list(self.cwd.iterdir()), [])

    def test_a_signal_that_is_pending_at_the_start_ends_it(self):
        """A supervisor that starts takt with SIGTERM blocked can still stop it."""
        command = ["env", "--block-signal=TERM", *self.command(kernel=self.guest(images.halts()))]
        self.assert_status(self.in_session(command, signal.SIGTERM, 0.2), 143)

    def test_a_signal_that_is_ignored_at_the_start_stays_ignored(self):
        """nohup takt ..., and takt in the background of a script, which ignores SIGINT."""
        command = ["env", "--ignore-signal=HUP", "--ignore-signal=INT",
                   *self.command(kernel=self.guest(images.halts()))]
        running = self.start(command)
        self.wait_for_vcpu(running)
        running.send(signal.SIGHUP)
        running.send(signal.SIGINT)
        time.sleep(0.3)
        self.assertIsNone(running.process.poll(), "takt ended by a signal that its parent ignores")
        running.send(signal.SIGTERM)
        self.assert_status(running.wait(10), 143)

    def test_four_at_the_same_time(self):
        runs = [self.start(self.command("--cpus", "2", kernel=self.guest(images.says(b"ok", n), f"{n}")))
                for n in range(4)]
        self.assertEqual([r.wait().status for r in runs], [1, 3, 5, 7])

    def test_takt_has_few_threads_and_closes_its_files_on_exec(self):
        running = self.start_guest(images.halts())
        of_the_kernel = {"kvm-nx-lpage-re"}  # KVM's own thread in our process
        self.assertEqual(set(running.threads()) - of_the_kernel,
                         {"console", "console-out", "takt", "vcpu0"})  # stdout is a file
        for info in pathlib.Path(f"/proc/{running.pid}/fdinfo").iterdir():
            if int(info.name) <= 2:
                continue
            flags = next(line for line in info.read_text().splitlines() if line.startswith("flags"))
            self.assertTrue(int(flags.split()[1], 8) & os.O_CLOEXEC,
                            os.readlink(f"/proc/{running.pid}/fd/{info.name}"))
        running.send(signal.SIGTERM)
        self.assert_status(running.wait(10), 143)

    def test_a_run_that_waits_costs_no_cpu(self):
        running = self.start_guest(images.halts(), "--cpus", "2")
        time.sleep(0.2)
        before = self.cpu_ticks(running.pid)
        time.sleep(1)
        self.assertLess(self.cpu_ticks(running.pid) - before, 10, "ticks of 10 ms in 1 s")

    @staticmethod
    def cpu_ticks(pid):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
