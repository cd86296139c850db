# SPDX-License-Identifier: Apache-2.0
"""One job of lab/run.sh, many results. TAKT_LAB_OUT: where results are kept."""

import os
import pathlib
import shutil
import subprocess
import time
import unittest

from harness import repo, takt_bin

jobs = pathlib.Path(__file__).resolve().parent / "lab"
out_root = pathlib.Path(os.environ.get("TAKT_LAB_OUT", "/tmp/takt-lab"))


def run_job(name, job, *options, timeout_s=300, takt=takt_bin):
    """Runs a job with this takt in L1; returns the directory of its results."""
    out = out_root / name
    if out.exists():
        shutil.rmtree(out)
    command = [str(repo / "lab/run.sh"), "--out", str(out), "--timeout", str(timeout_s),
               "--add", f"{takt}:/usr/bin/takt", *options, str(jobs / job)]
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(f"lab job {job}: status {done.returncode}, {time.monotonic() - begin:.0f} s", flush=True)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\nstatus {done.returncode}\n{done.stdout}\n{done.stderr}")
    return out


class LabTest(unittest.TestCase):
    """The tests of a class look at the results of one job, run before the first of them."""

    maxDiff = None
    out = None

    def text(self, name):
        return (self.out / name).read_text(errors="replace").replace("\r", "")

    def assert_status(self, guest, status):
        vmm = self.out / f"{guest}.vmm"
        said = vmm.read_text(errors="replace") if vmm.exists() else ""
        console = "\n".join(self.text(f"{guest}.console").splitlines()[-15:])
        self.assertEqual(self.text(f"{guest}.status").strip(), str(status),
                         f"\n  takt said: {said}\n  end of console: {console}")


def cyclictest_summary(hist):
    """min, avg, max in us and the number of samples of cyclictest's output."""
    found = {}
    for line in hist.splitlines():
        words = line.split()
        if line.startswith("#") and len(words) >= 2:
            found[words[1].rstrip(":")] = words[-1] if words[1] == "Total:" else words[3:]
    return (int(found["Min"][0]), int(found["Avg"][0]), int(found["Max"][0]), int(found["Total"]))
