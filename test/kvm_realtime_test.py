# SPDX-License-Identifier: Apache-2.0
"""A host that does not grant real-time scheduling: an error in strict mode, a warning in
best-effort mode. The host's refusal is arranged by dropping CAP_SYS_NICE."""

import images
from harness import TaktTest, Terminal, needs_kvm, needs_root


@needs_kvm
@needs_root
class NotGranted(TaktTest):
    fifo = ("--vcpu", "0:policy=fifo,priority=10")
    unlocked = ("--mlock", "off")

    def without(self, capabilities, command):
        drop = ",".join(f"-{c}" for c in capabilities.split())
        return ["prlimit", "--rtprio=0", "--memlock=65536", "setpriv", f"--bounding-set={drop}",
                f"--inh-caps={drop}", "--", *command]

    def guest_command(self, *arguments):
        return self.command(*arguments, kernel=self.guest(images.says(b"it runs", 3)))

    def test_strict_is_one_line_status_1_and_no_guest(self):
        self.assert_refused(
            self.without("sys_nice", self.guest_command(*self.fifo, *self.unlocked)), 1,
            "vcpu 0", "fifo", "10", "CAP_SYS_NICE", timeout_s=20)

    def test_strict_is_the_default_and_can_be_said(self):
        self.assert_refused(
            self.without("sys_nice",
                         self.guest_command(*self.fifo, *self.unlocked, "--rt-mode", "strict")),
            1, "vcpu 0", timeout_s=20)

    def test_strict_is_refused_on_a_terminal_that_is_restored(self):
        terminal = Terminal(self)
        terminal.start(self.without("sys_nice", self.guest_command(*self.fifo, *self.unlocked)))
        ended = terminal.wait(20)
        self.assertEqual(terminal.settings(), terminal.before, ended)
        self.assert_status(ended, 1)

    def test_best_effort_warns_and_runs(self):
        ended = self.run_to_end(self.without(
            "sys_nice", self.guest_command(*self.fifo, *self.unlocked, "--rt-mode", "best-effort")))
        self.assert_status(ended, 7)
        self.assert_one_line(ended, "warning", "vcpu 0")
        self.assertEqual(ended.stdout, b"it runs", ended)

    def test_best_effort_shows_what_is_in_force(self):
        ended = self.run_to_end(self.without("sys_nice", self.guest_command(
            *self.fifo, *self.unlocked, "--rt-mode", "best-effort", "--print-effective")))
        vcpu = next(t for t in ended.json()["threads"] if t["name"] == "vcpu0")
        self.assertEqual((vcpu["policy"], vcpu["priority"]), ("other", 0), ended)

    def test_memory_that_cannot_be_locked_is_an_error(self):
        self.assert_refused(self.without("ipc_lock", self.guest_command("--mlock", "on")), 1,
                            "lock memory", "CAP_IPC_LOCK", timeout_s=20)

    def test_best_effort_runs_with_unlocked_memory(self):
        ended = self.run_to_end(self.without(
            "ipc_lock", self.guest_command("--mlock", "on", "--rt-mode", "best-effort")))
        self.assert_status(ended, 7)
        self.assert_one_line(ended, "warning", "lock memory")
        self.assertEqual(ended.stdout, b"it runs", ended)
