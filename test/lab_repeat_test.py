# SPDX-License-Identifier: Apache-2.0
"""The same deterministic job twice gives the same results: takt brings in nothing of its own
(addresses, time of day, randomness) that would move a measurement. One job, lab/repeat.sh, twice."""

import shutil
import tempfile

from harness import takt_bin
from lab_harness import LabTest, cyclictest_summary, run_job


class Repeat(LabTest):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="takt-test.") as copy:  # a build may go on beside us
            takt = shutil.copy(takt_bin, copy)
            cls.out = run_job("repeat-1", "repeat.sh", takt=takt)
            cls.again = run_job("repeat-2", "repeat.sh", takt=takt)

    def both(self, name):
        return (self.out / name).read_bytes(), (self.again / name).read_bytes()

    def test_there_is_a_result(self):
        self.assertEqual(cyclictest_summary(self.text("takt.hist"))[3], 300)

    def test_the_histogram_is_the_same(self):
        self.assertEqual(*self.both("takt.hist"))

    def test_the_guests_console_is_the_same(self):
        self.assertEqual(*self.both("takt.console"))

    def test_exits_and_faults_are_the_same(self):
        self.assertEqual(*self.both("takt.vmm"))
