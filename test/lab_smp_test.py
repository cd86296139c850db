# SPDX-License-Identifier: Apache-2.0
"""A guest with two vCPUs on two CPUs of a host whose CPUs really run at the same time (stress mode).
Its latencies are noise; that it works at all is the point. One job, lab/smp.sh."""

import json
import re

from lab_harness import LabTest, run_job


class Smp(LabTest):
    @classmethod
    def setUpClass(cls):
        cls.out = run_job("smp", "smp.sh", "--mode", "stress")
        cls.console = cls.text(cls, "smp.console")

    def test_it_powers_off_with_status_0(self):
        self.assert_status("smp", 0)

    def test_linux_sees_both_cpus(self):
        self.assertRegex(self.console, r"(?m)^TAKT-CPUS 2$")

    def test_a_thread_on_each_cpu_measures(self):
        self.assertIn("TAKT-END smp status=0", self.console)
        totals = re.search(r"(?m)^# Total: (\d+) (\d+)$", self.console)
        over = re.search(r"(?m)^# Histogram Overflows: (\d+) (\d+)$", self.console)
        self.assertIsNotNone(totals, "cyclictest's totals for two threads")
        samples = [int(totals[n]) + int(over[n]) for n in (1, 2)]
        self.assertEqual(max(samples), 100, "cyclictest ends when its first thread has all samples")
        self.assertGreater(min(samples), 0, "the other CPU measured as well")

    def test_the_vcpus_are_where_they_were_put(self):
        state, _ = json.JSONDecoder().raw_decode(self.text("smp.vmm"))
        cpus = {t["name"]: t["cpus"] for t in state["threads"] if t["name"].startswith("vcpu")}
        self.assertEqual(cpus, {"vcpu0": "0", "vcpu1": "1"})

    def test_both_vcpus_did_work(self):
        said = self.text("smp.vmm")
        stats = json.loads(said[said.index('{\n  "name"', 1):])
        self.assertEqual([v["name"] for v in stats["vcpus"]], ["vcpu0", "vcpu1"])

    def test_there_are_no_unexpected_warnings(self):
        bad = re.findall(r"(?m)^.*(?:BUG:|Oops|soft lockup|rcu.*stall).*$", self.console)
        self.assertEqual(bad, [])
