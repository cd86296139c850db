# SPDX-License-Identifier: Apache-2.0
"""What the whole-system tests share: running takt to its end, talking to a running takt, a
terminal of its own, and failures that show command, status, stdout and stderr.

CMake gives TAKT_BIN, TAKT_PROBE and TAKT_REPO in the environment.
"""

import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest


def from_environment(name):
    value = os.environ.get(name)
    if not value or not pathlib.Path(value).exists():
        sys.exit(f"{name} must name an existing file or directory (run the tests with ctest)")
    return value


takt_bin = from_environment("TAKT_BIN")
probe = from_environment("TAKT_PROBE")
repo = pathlib.Path(from_environment("TAKT_REPO"))

limit_s = 60  # of any one run of takt; generous: the machine may be shared
needs_kvm = unittest.skipUnless(os.path.exists("/dev/kvm"), "no /dev/kvm on this machine")
needs_root = unittest.skipUnless(os.geteuid() == 0, "needs root")


class Ended:
    """A run of takt that is over."""

    def __init__(self, command, status, stdout, stderr):
        self.command, self.status, self.stdout, self.stderr = command, status, stdout, stderr

    def __str__(self):
        def shown(data):
            text = data.decode("utf-8", "replace")
            return text if len(text) < 4000 else f"{text[:2000]}\n[...]\n{text[-2000:]}"

        return (f"\n  command: {' '.join(map(str, self.command))}\n  status:  {self.status}"
                f"\n  stdout:  {shown(self.stdout)}\n  stderr:  {shown(self.stderr)}")

    @property
    def lines(self):
        return self.stdout.decode("ascii", "replace").splitlines()

    def json(self):
        """The JSON object that takt printed on stderr, which may stand among other lines."""
        text = self.stderr.decode()
        return json.loads(text[text.index("{\n"):text.rindex("\n}") + 2])


class Running:
    """A takt that is running. Descriptors are given as for subprocess.Popen."""

    def __init__(self, command, stdin=subprocess.DEVNULL, stdout=None, stderr=None, cwd=None, **how):
        self.command = command
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdin=stdin, stdout=self.out if stdout is None else stdout,
            stderr=self.err if stderr is None else stderr, cwd=cwd, **how)
        self.pid = self.process.pid

    @staticmethod
    def content(file):
        return os.pread(file.fileno(), 1 << 26, 0)

    def state(self):
        return Ended(self.command, "(running)", self.content(self.out), self.content(self.err))

    def wait(self, timeout_s=limit_s):
        try:
            status = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            ended = self.state()
            ended.status = f"(none: killed after {timeout_s} s)"
            raise AssertionError(f"takt does not end{ended}") from None
        return Ended(self.command, status, self.content(self.out), self.content(self.err))

    def send(self, number):
        self.process.send_signal(number)

    def threads(self):
        """Names of the process's threads."""
        names = []
        for task in pathlib.Path(f"/proc/{self.pid}/task").glob("*/comm"):
            try:
                names.append(task.read_text().strip())
            except OSError:  # it has ended
                pass
        return names

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def read_until(fd, wanted, timeout_s=limit_s):
    """What `fd` gives, up to and with `wanted`."""
    got, end = b"", time.monotonic() + timeout_s
    while wanted not in got:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        if not ready:
            raise AssertionError(f"no {wanted!r} within {timeout_s} s, only {got[-500:]!r}")
        try:
            piece = os.read(fd, 4096)
        except OSError:  # the other side of a pty is closed
            piece = b""
        if not piece:
            raise AssertionError(f"the end before {wanted!r}: {got[-500:]!r}")
        got += piece
    return got


def until(condition, what, timeout_s=limit_s):
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(0.005)


class TaktTest(unittest.TestCase):
    """Every test has an empty directory, which takt runs in, and leaves no takt behind."""

    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="takt-test."))
        os.chmod(self.dir, 0o755)
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.files = self.dir / "files"
        self.cwd = self.dir / "cwd"
        self.files.mkdir()
        self.cwd.mkdir()

    def file(self, name, content):
        path = self.files / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def guest(self, image, name="guest.bin"):
        return self.file(name, image)

    @staticmethod
    def command(*arguments, kernel=None, memory="16M"):
        words = [takt_bin, "run"]
        if kernel is not None:
            words += ["--kernel", kernel, "--memory", memory]
        return words + list(arguments)

    def public_takt(self):
        """A copy of takt that every user may run."""
        path = self.dir / "takt"
        shutil.copy(takt_bin, path)
        os.chmod(path, 0o755)
        return str(path)

    def start(self, command, **how):
        running = Running(command, cwd=self.cwd, **how)
        self.addCleanup(running.kill)
        return running

    def run_to_end(self, command, timeout_s=limit_s, **how):
        return self.start(command, **how).wait(timeout_s)

    def run_guest(self, image, *arguments, timeout_s=limit_s, **how):
        return self.run_to_end(self.command(*arguments, kernel=self.guest(image)), timeout_s, **how)

    def run_probe(self, cmdline, *arguments, timeout_s=limit_s):
        return self.run_to_end(self.command("--cmdline", cmdline, *arguments, kernel=probe), timeout_s)

    def start_guest(self, image, *arguments, **how):
        """A guest whose vCPU is running."""
        running = self.start(self.command(*arguments, kernel=self.guest(image)), **how)
        self.wait_for_vcpu(running)
        return running

    def wait_for_vcpu(self, running):
        until(lambda: running.process.poll() is not None or "vcpu0" in running.threads(),
              "takt has a thread vcpu0")
        if running.process.poll() is not None:
            self.fail(f"takt ended at once{running.wait()}")

    def assert_status(self, ended, status):
        self.assertEqual(ended.status, status, ended)

    def assert_silent(self, ended):
        self.assertEqual(ended.stderr, b"", ended)

    def assert_refused(self, command, status, *says, **how):
        """One line on stderr that says all of `says`; nothing else happened."""
        ended = self.run_to_end(command, **how)
        self.assert_status(ended, status)
        self.assert_one_line(ended, *says)
        self.assertEqual(ended.stdout, b"", ended)
        self.assertEqual(list(self.cwd.iterdir()), [], f"left behind{ended}")
        return ended

    def assert_one_line(self, ended, *says):
        text = ended.stderr.decode()
        self.assertTrue(text.startswith("takt: ") and text.endswith("\n"), ended)
        self.assertEqual(text.count("\n"), 1, f"one line is wanted{ended}")
        self.assertNotRegex(text, r"[^\x20-\x7e\n]", ended)
        missing = [word for word in says if word not in text]
        self.assertEqual(missing, [], f"words that the line lacks{ended}")


class Terminal:
    """A pty whose other end is the controlling terminal of a session. The session's leader stays
    when takt has ended, so that the terminal's settings can be looked at."""

    leader = """
import fcntl, os, subprocess, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
say, hold = int(sys.argv[1]), int(sys.argv[2])
err = int(sys.argv[3])
child = subprocess.Popen(sys.argv[4:], stderr=err, close_fds=True)
os.write(say, b"pid %d\\n" % child.pid)
os.write(say, b"status %d\\n" % child.wait())
os.read(hold, 1)
"""

    def __init__(self, test):
        self.test = test
        self.master, self.slave = pty.openpty()
        test.addCleanup(os.close, self.master)
        test.addCleanup(os.close, self.slave)
        settings = termios.tcgetattr(self.slave)
        settings[3] &= ~termios.ECHOCTL  # not what a new pty has: to be found again as it was
        settings[6][termios.VINTR] = b"\x07"
        termios.tcsetattr(self.slave, termios.TCSANOW, settings)
        self.before = self.settings()

    def settings(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return not self.settings()[3] & termios.ICANON

    def start(self, command, stderr=None):
        """Runs `command` in the foreground of the terminal; stderr goes to a file, or to `stderr`."""
        self.command = command
        self.err = tempfile.TemporaryFile()
        said, say = os.pipe()
        hold, self.hold = os.pipe()
        err = self.err.fileno() if stderr is None else stderr
        leader = subprocess.Popen(
            [sys.executable, "-c", self.leader, str(say), str(hold), str(err), *command],
            stdin=self.slave, stdout=self.slave, pass_fds=(say, hold, err), cwd=self.test.cwd)
        os.close(say)
        os.close(hold)
        self.said = os.fdopen(said, "rb", buffering=0)  # select() must see the rest
        self.test.addCleanup(self._end, leader)
        words = self.said.readline().split()
        self.test.assertEqual(words[:1], [b"pid"], "the session's leader did not start takt")
        self.pid = int(words[1])

    def _end(self, leader):
        if not self.said.closed and leader.poll() is None and self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        os.close(self.hold)
        leader.wait(10)
        self.said.close()

    status = None

    def wait(self, timeout_s=limit_s):
        ready, _, _ = select.select([self.said], [], [], timeout_s)
        state = Ended(self.command, "(running)", self.pending(), Running.content(self.err))
        if not ready:
            raise AssertionError(f"takt does not end{state}")
        state.status = self.status = int(self.said.readline().split()[1])
        return state

    def pending(self):
        got = b""
        while select.select([self.master], [], [], 0)[0] and len(got) < 1 << 20:
            got += os.read(self.master, 4096)
        return got

    def write(self, data):
        os.write(self.master, data)

    def read_until(self, wanted):
        return read_until(self.master, wanted)
