# SPDX-License-Identifier: Apache-2.0
"""One job of lab/run.sh, many results. TAKT_LAB_OUT: where results are kept. TAKT_ARCH: what takt is
built for, x86 or arm64 (default: this machine's)."""

import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import time
import unittest

from harness import repo, takt_bin

echo = os.environ.get("TAKT_ECHO") or str(pathlib.Path(takt_bin).resolve().parents[2] / "bench/takt_echo")
echo_on_both_sides = ["--add", f"{echo}:/usr/bin/echo_bench", "--guest-add", f"{echo}:/bin/echo_bench"]
# The emulated CPU's, of any guest.
fpu_warning = r"WARNING: CPU: \d+ PID: \d+ at arch/x86/kernel/fpu/xstate\.c"
jobs = pathlib.Path(__file__).resolve().parent / "lab"
out_root = pathlib.Path(os.environ.get("TAKT_LAB_OUT", "/tmp/takt-lab"))
arch = os.environ.get("TAKT_ARCH") or {"x86_64": "x86", "aarch64": "arm64"}[platform.machine()]


def run_once(job, command):
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(f"lab job {job}: status {done.returncode}, {time.monotonic() - begin:.0f} s", flush=True)
    return done


def run_job(name, job, *options, timeout_s=300, takt=takt_bin):
    """Runs a job with this takt in L1; returns the directory of its results."""
    out = out_root / name
    if out.exists():
        shutil.rmtree(out)
    command = [str(repo / "lab/run.sh"), "--arch", arch, "--out", str(out), "--timeout", str(timeout_s),
               "--add", f"{takt}:/usr/bin/takt", "--add", f"{jobs}/guests.sh:/job/guests.sh", *options,
               str(jobs / job)]
    done = run_once(job, command)
    if done.returncode == 125 and "Oops: int3" in (out / "console.log").read_text(errors="replace"):
        print("L1 fell over a stale breakpoint of the emulator's (lab/README.md): once more", flush=True)
        done = run_once(job, command)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\nstatus {done.returncode}\n{done.stdout}\n{done.stderr}")
    return out


def lab_kernel():
    """The directory of Debian's RT kernel: vmlinuz, lib/modules."""
    done = subprocess.run([str(repo / "lab/kernel.sh"), "--arch", arch], stdout=subprocess.PIPE, check=True, text=True)
    return pathlib.Path(done.stdout.strip())


class LabTest(unittest.TestCase):
    """The tests of a class look at the results of one job, run before the first of them."""

    maxDiff = None
    out = None
    console = None

    def text(self, name):
        return (self.out / name).read_text(errors="replace").replace("\r", "")

    def said(self, name, console=None):
        """What the guest said between the marks of one command (guest-devices), and its status. Without
        `console` it is self.console."""
        console = self.console if console is None else console
        found = re.search(rf"(?ms)^TAKT-BEGIN {name}\n(.*?)^TAKT-END {name} status=(\d+)$", console)
        self.assertIsNotNone(found, f"{name}: nothing on the console\n{console[-2000:]}")
        return found[1], int(found[2])

    def said_well(self, name, console=None):
        """The same for a command that must not fail: what it said."""
        said, status = self.said(name, console)
        self.assertEqual(status, 0, said)
        return said

    def assert_status(self, guest, status):
        vmm = self.out / f"{guest}.vmm"
        said = vmm.read_text(errors="replace") if vmm.exists() else ""
        console = "\n".join(self.text(f"{guest}.console").splitlines()[-15:])
        self.assertEqual(self.text(f"{guest}.status").strip(), str(status),
                         f"\n  takt said: {said}\n  end of console: {console}")

    def objects(self, guest):
        """The JSON objects that takt printed: with --print-effective the state, with --print-stats the statistics."""
        said, found = self.text(f"{guest}.vmm"), []
        decoder = json.JSONDecoder()
        begin = re.compile(r"(?m)^\{$")
        while at := begin.search(said):
            value, end = decoder.raw_decode(said[at.start():])
            found.append(value)
            said = said[at.start() + end:]
        return found

    def effective(self, guest):
        return next(o for o in self.objects(guest) if "threads" in o)

    def stats(self, guest):
        return next(o for o in self.objects(guest) if "vcpus" in o)

    def assert_refused(self, guest, status, *says):
        """takt ended with `status` after one line that says all of `says`, and the guest said nothing."""
        self.assert_status(guest, status)
        said = self.text(f"{guest}.vmm")
        self.assertRegex(said, r"\Atakt: [^\n]*\n\Z", "one line is wanted")
        self.assertEqual([words for words in says if words not in said], [], f"words that the line lacks: {said}")
        self.assertEqual(self.text(f"{guest}.console"), "")

    def assert_no_warnings(self, guest, but=None):
        bad = [line for line in self.text(f"{guest}.console").splitlines()
               if re.search(r"WARNING:|BUG:|Oops|Call [Tt]race|INFO: .*stall|soft lockup|rcu.*stall", line)
               and not (but and re.search(but, line))]
        self.assertEqual(bad, [], guest)


def cyclictest_summary(hist):
    """min, avg, max in us and the number of samples of cyclictest's output."""
    found = {}
    for line in hist.splitlines():
        words = line.split()
        if line.startswith("#") and len(words) >= 2:
            found[words[1].rstrip(":")] = words[-1] if words[1] == "Total:" else words[3:]
    return (int(found["Min"][0]), int(found["Avg"][0]), int(found["Max"][0]), int(found["Total"]))
