# SPDX-License-Identifier: Apache-2.0
"""The real-time guards: a run of the probe breaks none of their rules, and a vCPU's thread that does
is found out. What it does wrong comes from a library (breach.cpp) that is loaded before the C library."""

import os

import images
from harness import TaktTest, from_environment, needs_kvm, needs_root, probe

breach_library = from_environment("TAKT_BREACH_LIBRARY")
counters = ("heap_calls", "locks", "blocking_calls", "address_space_changes", "page_faults")


@needs_kvm
@needs_root
class RealTimeRun(TaktTest):
    real_time = ("--mlock", "on", "--prefault", "on", "--vcpu", "0:policy=fifo,priority=10", "--print-stats")

    def guards_of(self, cmdline, *arguments):
        ended = self.run_probe(cmdline, *self.real_time, *arguments, timeout_s=120)
        self.assert_status(ended, 1)
        self.assertEqual(ended.lines[-1], "TAKT-PROBE done", ended)
        self.assertIn(b'"guard": ', ended.stderr, ended)
        return ended, ended.json()["guards"]

    def assert_zero(self, ended, guards):
        self.assertEqual({name: guards[name] for name in counters}, dict.fromkeys(counters, 0), ended)
        if guards["guard"] == "ends the program":
            self.assertTrue(guards["page_faults_at_once"], ended)

    def test_exits_and_output_break_no_rule(self):
        self.assert_zero(*self.guards_of("exit iterations=50 warmup=5 hist=off", "--testdev"))

    def test_timer_interrupts_break_no_rule(self):
        self.assert_zero(*self.guards_of("timer samples=200 period_us=1000 warmup=10 hist=off"))

    def test_two_vcpus_break_no_rule(self):
        self.assert_zero(*self.guards_of("ipi iterations=50 warmup=5 hist=off", "--cpus", "2"))

    def test_servers_break_no_rule(self):
        for access in "lock", "server":
            self.assert_zero(*self.guards_of(
                "exit iterations=20 warmup=2 hist=off", "--testdev", "--device", f"uart:access={access}",
                "--server", "console:policy=fifo,priority=20", "--server", "slow:policy=fifo,priority=15"))

    def test_console_servers_break_no_rule(self):
        self.assert_zero(*self.guards_of("exit iterations=20 warmup=2 hist=off", "--debug-console",
                                         f"file:{self.files}/debug"))


@needs_kvm
@needs_root
class Breach(TaktTest):
    def run_breach(self, what):
        env = {**os.environ, "LD_PRELOAD": breach_library, "TAKT_BREACH": what}
        return self.run_guest(images.writes(*[(0x80, n) for n in range(20)], (images.debug_exit, 3)),
                              "--mlock", "on", "--prefault", "on", "--print-stats", env=env)

    def assert_found(self, what, call, counter, times=1):
        """The program has ended with one line and a stack trace, or has counted."""
        ended = self.run_breach(what)
        if ended.status == -6:
            line, *trace = ended.stderr.decode().splitlines()
            self.assertRegex(line, f"^takt: real-time guard: {call} in a real-time section, thread vcpu0$", ended)
            self.assertTrue(any("VcpuThread" in frame for frame in trace), ended)
            return
        self.assert_status(ended, 7)
        guards = ended.json()["guards"]
        self.assertEqual(guards["guard"], "counts", ended)
        self.assertEqual(guards[counter], times, ended)

    def test_the_library_alone_is_none(self):
        ended = self.run_breach("nothing")
        self.assert_status(ended, 7)
        guards = ended.json()["guards"]
        self.assertEqual({name: guards[name] for name in counters}, dict.fromkeys(counters, 0), ended)

    def test_an_allocation(self):
        self.assert_found("heap", r"malloc \(heap\)", "heap_calls", times=2)

    def test_a_lock_without_inheritance(self):
        self.assert_found("lock", r"pthread_mutex_lock \(lock\)", "locks")

    def test_a_call_that_blocks(self):
        self.assert_found("blocking", r"usleep \(blocking call\)", "blocking_calls")

    def test_a_mapping_that_goes(self):
        # Two where they are counted: the call, and the list of mappings at the end.
        self.assert_found("mapping", r"munmap \(address space\)", "address_space_changes", times=2)

    def test_a_page_that_is_not_there(self):
        self.assert_found("page", r"access to 0x[0-9a-f]+ \(page fault\)", "page_faults")
