# SPDX-License-Identifier: Apache-2.0
"""stdin, stdout and stderr: closed, full, slow, or nobody there."""

import signal
import subprocess
import time

import images
from harness import TaktTest, needs_kvm, until


@needs_kvm
class Streams(TaktTest):
    """Whatever stdin, stdout and stderr are, takt runs and ends."""

    def test_stdin_may_be_closed(self):
        ended = self.run_closed("<&-", images.says(b"ok", 3))
        self.assert_status(ended, 7)
        self.assertEqual(ended.stdout, b"ok", ended)

    def test_stdout_may_be_closed(self):
        """What is opened next must not become stdout: guest RAM would get the console's output."""
        self.assert_status(self.run_closed(">&-", images.says(b"x" * 100, 3)), 7)

    def test_all_three_may_be_closed(self):
        self.assert_status(self.run_closed("<&- >&- 2>&-", images.says(b"x" * 100, 3)), 7)

    def run_closed(self, redirection, image):
        """Ten times: with a descriptor of ours in the place of stdin it is a race."""
        command = ["sh", "-c", f'exec "$@" {redirection}', "sh", *self.command(kernel=self.guest(image))]
        for _ in range(10):
            ended = self.run_to_end(command, timeout_s=10)
            self.assertEqual(ended.status, 7, ended)
        return ended

    def test_stdin_may_be_dev_null(self):
        ended = self.run_guest(images.says(b"ok", 3), stdin=subprocess.DEVNULL)
        self.assert_status(ended, 7)
        self.assertEqual(ended.stdout, b"ok", ended)

    def test_stdin_may_be_a_pipe_that_closes(self):
        running = self.start_guest(images.echoes(), stdin=subprocess.PIPE)
        running.process.stdin.write(b"ab")
        running.process.stdin.close()
        until(lambda: running.state().stdout.endswith(b"ab"), "the guest echoes")
        running.send(signal.SIGTERM)
        self.assert_status(running.wait(10), 143)

    def test_stdin_and_stdout_may_be_files(self):
        text = b"0123456789" * 2000
        with open(self.file("keys", text + b"q"), "rb") as keys:
            ended = self.run_guest(images.echoes(), stdin=keys)
        self.assert_status(ended, 0x55)
        self.assertEqual(ended.stdout, b"ready\n" + text, ended)

    def test_a_stdin_file_that_ends_costs_no_cpu(self):
        with open(self.file("keys", "text"), "rb") as keys:
            running = self.start_guest(images.halts(), stdin=keys)
        time.sleep(0.3)
        before = self.cpu_ticks(running.pid)
        time.sleep(1)
        self.assertLess(self.cpu_ticks(running.pid) - before, 20, "ticks in 1 s")
        self.assertIn("console-in", running.threads())

    def test_a_closed_stdin_pipe_costs_no_cpu(self):
        running = self.start_guest(images.halts(), stdin=subprocess.PIPE)
        running.process.stdin.close()
        before = self.cpu_ticks(running.pid)
        time.sleep(1)
        self.assertLess(self.cpu_ticks(running.pid) - before, 20, "ticks in 1 s")

    def test_a_closed_stdout_pipe_neither_kills_nor_hangs_takt(self):
        running, out = self.guest_into_pipe(images.says(b"x" * 200, 3))
        out.close()
        self.assert_status(running.wait(20), 7)

    def test_a_full_disk_neither_kills_nor_hangs_takt(self):
        with open("/dev/full", "wb") as full:
            ended = self.run_guest(images.says(b"x" * 200, 3), stdout=full)
        self.assert_status(ended, 7)

    def test_a_closed_stderr_pipe_does_not_change_the_status(self):
        running = self.start(self.command("--print-stats", kernel=self.guest(images.triple_fault())),
                             stderr=subprocess.PIPE)
        running.process.stderr.close()
        self.assert_status(running.wait(20), 6)

    def test_a_full_disk_on_stderr_does_not_change_the_status(self):
        with open("/dev/full", "wb") as full:
            ended = self.run_guest(images.triple_fault(), "--print-stats", stderr=full)
        self.assert_status(ended, 6)

    def test_a_reader_that_sleeps_gives_the_guest_back_pressure(self):
        running, out = self.guest_into_pipe(images.floods(), "--print-stats")
        resident = []
        for _ in range(4):
            time.sleep(0.4)
            resident.append(self.resident_kib(running.pid))
        self.assertLess(resident[-1] - resident[0], 256, f"KiB resident: {resident}")
        self.assertLess(resident[-1], 64 * 1024, f"KiB resident: {resident}")
        running.send(signal.SIGTERM)
        ended = running.wait(10)
        self.assert_status(ended, 143)
        out.close()

    def test_a_reader_that_wakes_up_gets_every_byte(self):
        text = bytes(range(33, 127)) * 40
        running, out = self.guest_into_pipe(images.says(text, 3))
        time.sleep(0.3)
        self.assertEqual(out.read(), text)
        self.assert_status(running.wait(20), 7)

    def guest_into_pipe(self, image, *arguments):
        running = self.start(self.command(*arguments, kernel=self.guest(image)),
                             stdout=subprocess.PIPE)
        self.addCleanup(running.process.stdout.close)
        return running, running.process.stdout

    @staticmethod
    def cpu_ticks(pid):
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    @staticmethod
    def resident_kib(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
