# SPDX-License-Identifier: Apache-2.0
"""COM1 and the debug console into files and ptys."""

import os
import select
import signal

import images
from harness import TaktTest, needs_kvm, read_until, until


@needs_kvm
class ConsoleFile(TaktTest):
    def test_com1_goes_to_a_file(self):
        ended = self.run_guest(images.says(b"to a file"), "--console", f"file:{self.files}/log")
        self.assert_status(ended, 1)
        self.assertEqual((self.files / "log").read_bytes(), b"to a file")
        self.assertEqual(ended.stdout, b"", ended)

    def test_a_file_is_appended_to(self):
        self.file("log", "before ")
        self.run_guest(images.says(b"after"), "--console", f"file:{self.files}/log")
        self.assertEqual((self.files / "log").read_bytes(), b"before after")

    def test_a_fifo_may_be_the_file(self):
        path = self.files / "fifo"
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        running = self.start(self.command("--console", f"file:{path}",
                                          kernel=self.guest(images.says(b"through"))))
        self.assertEqual(read_until(reader, b"through"), b"through")
        self.assert_status(running.wait(10), 1)

    def test_console_none_says_nothing(self):
        ended = self.run_guest(images.says(b"nobody hears it" * 2000), "--console", "none")
        self.assert_status(ended, 1)
        self.assertEqual(ended.stdout, b"", ended)


@needs_kvm
class DebugConsole(TaktTest):
    debug = images.writes(*((images.debug_console, c) for c in b"debug\n"), (images.debug_exit, 0))

    def test_port_0xe9_goes_to_a_file(self):
        ended = self.run_guest(self.debug, "--debug-console", f"file:{self.files}/debug")
        self.assert_status(ended, 1)
        self.assertEqual((self.files / "debug").read_bytes(), b"debug\n")
        self.assertEqual(ended.stdout, b"", ended)

    def test_port_0xe9_goes_to_stdout_when_the_console_does_not(self):
        ended = self.run_guest(self.debug, "--debug-console", "stdio", "--console", "none")
        self.assert_status(ended, 1)
        self.assertEqual(ended.stdout, b"debug\n", ended)

    def test_port_0xe9_reads_0xe9_only_where_it_is(self):
        # mov dx, 0xe9; in al, dx; then AL to COM1
        image = images.Code().port(images.debug_console).emit(0xEC).put_al().exit(0).image()
        there = self.run_guest(image, "--debug-console", f"file:{self.files}/debug")
        self.assertEqual(there.stdout, b"\xe9", there)
        absent = self.run_guest(image)
        self.assertEqual(absent.stdout, b"\xff", absent)


@needs_kvm
class ConsolePty(TaktTest):
    def start_on_pty(self, image, *arguments):
        running = self.start(self.command("--console", "pty", *arguments, kernel=self.guest(image)))
        until(lambda: b"\n" in running.state().stderr, "takt names its pty")
        line = running.state().stderr.decode().splitlines()[0]
        self.assertRegex(line, "^takt: console on /dev/pts/[0-9]+$")
        return running, line.split()[-1]

    def open(self, name):
        fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
        self.addCleanup(self.close, fd)
        return fd

    @staticmethod
    def close(fd):
        try:
            os.close(fd)
        except OSError:
            pass

    def test_a_pty_carries_bytes_both_ways(self):
        running, name = self.start_on_pty(images.echoes())
        fd = self.open(name)
        os.write(fd, b"ping")
        self.assertTrue(read_until(fd, b"ping").endswith(b"ping"))
        os.write(fd, b"q")
        self.assert_status(running.wait(10), 0x55)

    def test_a_pty_can_be_left_and_opened_again(self):
        running, name = self.start_on_pty(images.echoes())
        for word in b"first", b"second":
            fd = self.open(name)
            os.write(fd, word)
            read_until(fd, word)
            os.close(fd)
        fd = self.open(name)
        os.write(fd, b"q")
        self.assert_status(running.wait(10), 0x55)

    def test_a_pty_has_no_escape(self):
        running, name = self.start_on_pty(images.echoes())
        fd = self.open(name)
        os.write(fd, b"\x01x.")
        self.assertTrue(read_until(fd, b".").endswith(b"\x01x."))
        running.send(signal.SIGTERM)
        self.assert_status(running.wait(10), 143)

    def test_output_is_dropped_and_counted_while_nobody_has_the_pty_open(self):
        running, _ = self.start_on_pty(images.says(b"x" * 1000, 3), "--print-stats")
        ended = running.wait(20)
        self.assert_status(ended, 7)
        self.assertEqual(ended.json()["console_bytes_dropped"], 1000, ended)

    def test_a_reader_that_does_not_read_does_not_stop_takt(self):
        running, name = self.start_on_pty(images.floods())
        fd = self.open(name)
        self.assertTrue(select.select([fd], [], [], 10)[0])
        running.send(signal.SIGTERM)
        self.assert_status(running.wait(10), 143)
