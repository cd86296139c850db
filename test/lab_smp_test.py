# SPDX-License-Identifier: Apache-2.0
"""A guest with more than one vCPU on two CPUs of a host whose CPUs really run at the same time (stress
mode). Its latencies are noise; that it works at all is the point. One job, lab/smp.sh."""

import re
import unittest

from harness import probe
from lab_harness import LabTest, arch, run_job

cpus = {"x86": 2, "arm64": 4}[arch]


class Smp(LabTest):
    @classmethod
    def setUpClass(cls):
        more = ["--add", f"{probe}:/probe"] if arch == "arm64" else []
        cls.out = run_job("smp", "smp.sh", "--mode", "stress", "--env", f"TAKT_GUEST_CPUS={cpus}", *more)
        cls.console = cls.text(cls, "smp.console")

    def test_it_powers_off_with_status_0(self):
        self.assert_status("smp", 0)

    def test_linux_sees_all_cpus(self):
        self.assertRegex(self.console, rf"(?m)^TAKT-CPUS {cpus}$")

    def test_a_thread_on_each_cpu_measures(self):
        self.assertIn("TAKT-END smp status=0", self.console)
        totals = re.search(rf"(?m)^# Total:((?: \d+){{{cpus}}})$", self.console)
        over = re.search(rf"(?m)^# Histogram Overflows:((?: \d+){{{cpus}}})$", self.console)
        self.assertIsNotNone(totals, f"cyclictest's totals for {cpus} threads: {self.console}")
        samples = [int(a) + int(b) for a, b in zip(totals[1].split(), over[1].split())]
        self.assertEqual(max(samples), 1000, "cyclictest ends when its first thread has all samples")
        self.assertGreater(min(samples), 0, "the other CPUs measured as well")

    def test_the_vcpus_are_where_they_were_put(self):
        places = {t["name"]: t["cpus"] for t in self.effective("smp")["threads"] if t["name"].startswith("vcpu")}
        self.assertEqual(places, {f"vcpu{n}": str(n % 2) for n in range(cpus)})

    def test_all_vcpus_did_work(self):
        vcpus = self.stats("smp")["vcpus"]
        self.assertEqual([v["name"] for v in vcpus], [f"vcpu{n}" for n in range(cpus)])

    @unittest.skipUnless(arch == "arm64", "on x86 the probe's are in kvm_probe_test")
    def test_interrupts_go_from_cpu_to_cpu(self):
        self.assert_status("probe", 1)
        console = self.text("probe.console")
        for name in "ipi_remote_poll", "ipi_remote_halt":
            self.assertRegex(console, rf"(?m)^result name={name} unit=ns count=20 ")
        self.assertIn("TAKT-PROBE done", console)

    def test_there_are_no_unexpected_warnings(self):
        self.assert_no_warnings("smp")
