# SPDX-License-Identifier: Apache-2.0
"""takt on a terminal: raw while it runs, and afterwards as it was, however it ended."""

import os
import signal
import termios
import time

import images
from harness import Running, TaktTest, Terminal, needs_kvm, until


class TerminalTest(TaktTest):
    def on_terminal(self, image, *arguments, **how):
        terminal = Terminal(self)
        terminal.start(self.command(*arguments, kernel=self.guest(image)), **how)
        return terminal

    def assert_restored(self, terminal, ended):
        self.assertEqual(terminal.settings(), terminal.before, f"terminal settings{ended}")


@needs_kvm
class TerminalIsRestored(TerminalTest):
    def test_after_power_off(self):
        terminal = self.on_terminal(images.power_off())
        self.ends(terminal, 0)

    def test_after_a_triple_fault(self):
        self.ends(self.on_terminal(images.triple_fault()), 6)

    def test_after_debug_exit(self):
        self.ends(self.on_terminal(images.writes((images.debug_exit, 2))), 5)

    def test_after_ctrl_a_x(self):
        terminal = self.ready(images.halts())
        terminal.write(b"\x01x")
        self.ends(terminal, 0)

    def test_after_sigterm(self):
        self.killed_by(signal.SIGTERM, 143)

    def test_after_sigint(self):
        self.killed_by(signal.SIGINT, 130)

    def test_after_sighup(self):
        self.killed_by(signal.SIGHUP, 129)

    def test_after_sigabrt(self):
        self.killed_by(signal.SIGABRT, -signal.SIGABRT)

    def test_after_sigsegv(self):
        self.killed_by(signal.SIGSEGV, -signal.SIGSEGV)

    def test_after_sigquit(self):
        self.killed_by(signal.SIGQUIT, -signal.SIGQUIT)

    def test_after_a_kernel_that_is_refused(self):
        terminal = Terminal(self)
        terminal.start(self.command(kernel=self.file("text", "no kernel\n" * 200)))
        ended = self.ends(terminal, 2)
        self.assert_one_line(ended, "text", "is not a kernel")

    def test_after_sigterm_while_it_still_loads(self):
        """The console is open before the payload is loaded, so the terminal is raw already."""
        terminal = Terminal(self)
        initrd = self.files / "large"
        with open(initrd, "wb") as file:
            file.truncate(600 << 20)
        terminal.start(self.command("--initrd", str(initrd), kernel=self.guest(images.halts()),
                                    memory="1G"))
        until(terminal.is_raw, "the terminal is raw")
        os.kill(terminal.pid, signal.SIGTERM)
        ended = terminal.wait(20)
        self.assert_restored(terminal, ended)
        self.assertIn(ended.status, (143, -signal.SIGTERM), ended)

    def test_when_nobody_reads_stderr(self):
        """takt ... 2>&1 | head: the last line meets a closed pipe."""
        reader, writer = os.pipe()
        os.close(reader)
        terminal = self.on_terminal(images.triple_fault(), "--print-stats", stderr=writer)
        os.close(writer)
        self.ends(terminal, 6)

    def ready(self, image):
        """A guest on a terminal that is raw by now, with its vCPU running."""
        terminal = self.on_terminal(image)
        until(lambda: "vcpu0" in self.thread_names(terminal.pid), "takt has a thread vcpu0")
        self.assertTrue(terminal.is_raw(), "the terminal is raw while the guest runs")
        return terminal

    @staticmethod
    def thread_names(pid):
        names = []
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as comm:
                    names.append(comm.read().strip())
            except OSError:
                pass
        return names

    def killed_by(self, number, status):
        terminal = self.ready(images.halts())
        os.kill(terminal.pid, number)
        self.ends(terminal, status)

    def ends(self, terminal, status):
        ended = terminal.wait(20)
        self.assert_restored(terminal, ended)
        self.assert_status(ended, status)
        return ended


@needs_kvm
class ConsoleOnATerminal(TerminalTest):
    def test_input_reaches_the_guest_and_comes_back_once(self):
        terminal = self.echo()
        terminal.write(b"hello")
        self.assertEqual(terminal.read_until(b"hello"), b"hello")
        self.quits(terminal)

    def test_control_characters_reach_the_guest(self):
        """^C, ^Z, ^\\ and ^D are the guest's, not the terminal driver's."""
        terminal = self.echo()
        terminal.write(b"\x03\x1a\x1c\x04.")
        self.assertEqual(terminal.read_until(b"."), b"\x03\x1a\x1c\x04.")
        self.quits(terminal)

    def test_ctrl_a_twice_sends_it_once(self):
        terminal = self.echo()
        terminal.write(b"\x01\x01.")
        self.assertEqual(terminal.read_until(b"."), b"\x01.")
        self.quits(terminal)

    def test_a_paste_longer_than_the_fifo_arrives_whole(self):
        terminal = self.echo()
        paste = b"0123456789" * 60 + b"."
        terminal.write(paste)
        self.assertEqual(terminal.read_until(b"."), paste)
        self.quits(terminal)

    def test_ctrl_a_p_says_that_this_machine_has_no_power_button_and_goes_on(self):
        terminal = self.echo()
        terminal.write(b"\x01p")
        until(lambda: b"takt: this machine has no power button" in Running.content(terminal.err), "takt says it")
        terminal.write(b".")
        self.assertTrue(terminal.read_until(b".").endswith(b"."))
        self.quits(terminal)

    def test_ctrl_a_x_leaves_a_debug_console_too(self):
        terminal = self.on_terminal(images.halts(), "--debug-console", "stdio", "--console", "none")
        until(terminal.is_raw, "the terminal is raw")
        terminal.write(b"\x01x")
        ended = terminal.wait(10)
        self.assert_status(ended, 0)
        self.assert_restored(terminal, ended)

    def test_ctrl_a_x_quits_a_guest_that_never_exits(self):
        terminal = self.on_terminal(images.spins())
        until(terminal.is_raw, "the terminal is raw")
        terminal.write(b"\x01x")
        ended = terminal.wait(10)
        self.assert_status(ended, 0)
        self.assert_restored(terminal, ended)

    def test_ctrl_a_x_quits_when_the_guest_does_not_read(self):
        """More was typed into a guest that hangs than its UART holds; then the user wants out."""
        terminal = self.on_terminal(images.halts())
        until(terminal.is_raw, "the terminal is raw")
        terminal.write(b"x" * 100)
        time.sleep(0.3)
        terminal.write(b"\x01x")
        ended = terminal.wait(10)
        self.assert_status(ended, 0)
        self.assert_restored(terminal, ended)

    def test_a_terminal_that_is_stopped_does_not_stop_ctrl_a_x(self):
        """Nobody reads the terminal, the guest floods it, the user wants out."""
        terminal = self.on_terminal(images.floods())
        until(terminal.is_raw, "the terminal is raw")
        terminal.read_until(b"xxxx")
        time.sleep(0.3)
        terminal.write(b"\x01x")
        time.sleep(0.3)
        self.assert_status(terminal.wait(10), 0)

    def test_with_the_console_in_a_file_the_terminal_stays_as_it_is(self):
        terminal = self.on_terminal(images.halts(), "--console", f"file:{self.files}/log")
        time.sleep(0.3)
        self.assertEqual(terminal.settings(), terminal.before)
        os.kill(terminal.pid, signal.SIGTERM)
        self.assert_status(terminal.wait(10), 143)

    def echo(self):
        terminal = self.on_terminal(images.echoes())
        self.assertIn(b"ready", terminal.read_until(b"ready\r\n"))
        self.assertFalse(terminal.settings()[3] & termios.ISIG)
        return terminal

    def quits(self, terminal):
        terminal.write(b"q")
        ended = terminal.wait(10)
        self.assert_status(ended, 0x55)
        self.assert_restored(terminal, ended)
