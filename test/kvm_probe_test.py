# SPDX-License-Identifier: Apache-2.0
"""The probe guest (guest/README.md) under takt on this machine's KVM: 64-bit code, local APIC,
TSC deadline, a second vCPU, the test device. Whether the figures are good is not asked here."""

import re

from harness import TaktTest, needs_kvm

header = re.compile(r"TAKT-PROBE v1 arch=x86-64 tsc_khz=(\d+) tsc_source=(\w+) apic=(\w+)")
result = re.compile(r"result name=(\w+) unit=(ns|cycles) count=(\d+) min=(\d+) avg=(\d+) p99=(\d+)"
                    r" max=(\d+)((?: \w+=\w+)*)")


@needs_kvm
class Probe(TaktTest):
    def probe(self, cmdline, *arguments, status=1):
        ended = self.run_probe(cmdline, *arguments, timeout_s=120)
        self.assert_status(ended, status)
        self.assert_silent(ended)
        return ended

    def results(self, ended, count):
        """The results by name, each looked at for sense."""
        self.assertRegex(ended.lines[0], header, ended)
        self.assertEqual(ended.lines[-1], "TAKT-PROBE done", ended)
        found = {}
        for line in ended.lines:
            match = result.fullmatch(line)
            if match is None:
                self.assertFalse(line.startswith("result"), f"not as documented: {line}")
                continue
            name = match[1]
            self.assertEqual(int(match[3]), count, line)
            least, average, p99, most = (int(match[i]) for i in range(4, 8))
            self.assertLessEqual(least, average, line)
            self.assertLessEqual(average, most, line)
            self.assertLessEqual(p99, most, line)
            found[name] = dict(word.split("=") for word in match[8].split())
        return found

    def test_exits_to_user_space_and_in_the_kernel(self):
        found = self.results(self.probe("exit iterations=50 warmup=5 hist=off", "--testdev"), 50)
        self.assertEqual(set(found), {"none", "pio_write", "pio_read", "cpuid", "pio_test_write",
                                      "pio_test_read", "mmio_write", "mmio_read"})

    def test_an_ioeventfd_of_the_test_device(self):
        found = self.results(
            self.probe("exit cases=ioeventfd iterations=50 warmup=5 hist=off", "--testdev"), 50)
        self.assertEqual(set(found), {"ioeventfd"})

    def test_without_the_test_device_its_cases_are_skipped(self):
        ended = self.probe("exit iterations=20 warmup=2 hist=off")
        self.assertEqual(set(self.results(ended, 20)), {"none", "pio_write", "pio_read", "cpuid"})
        for name in "pio_test_write", "pio_test_read", "mmio_write", "mmio_read":
            self.assertIn(f"{name} skipped: no such device", ended.lines)

    def test_the_timer_interrupts_on_time(self):
        ended = self.probe("timer samples=200 period_us=1000 warmup=10 hist=off")
        found = self.results(ended, 200)
        self.assertEqual(found["timer"]["early"], "0", ended)

    def test_the_timer_wakes_nobody_when_the_guest_polls(self):
        found = self.results(
            self.probe("timer idle=poll samples=100 period_us=1000 warmup=5 hist=off"), 100)
        self.assertEqual(found["timer"]["idle"], "poll")

    def test_an_ipi_reaches_the_second_vcpu(self):
        ended = self.probe("ipi iterations=50 warmup=5 hist=off", "--cpus", "2")
        self.assertEqual(set(self.results(ended, 50)),
                         {"ipi_self", "ipi_remote_poll", "ipi_remote_halt"})

    def test_with_one_vcpu_there_is_only_the_ipi_to_itself(self):
        ended = self.probe("ipi iterations=50 warmup=5 hist=off")
        self.assertEqual(set(self.results(ended, 50)), {"ipi_self"})
        self.assertIn("ipi_remote skipped: one cpu", ended.lines)

    def test_the_tsc_rate_is_told_and_the_apic_is_an_x2apic(self):
        ended = self.probe("exit cases=none iterations=10 warmup=1 hist=off")
        match = header.fullmatch(ended.lines[0])
        self.assertIn(match[2], ("hypervisor", "cpuid15", "cpuid16", "kvmclock"), ended)
        self.assertGreater(int(match[1]), 100_000, ended)
        self.assertEqual(match[3], "x2apic", ended)

    def test_a_histogram_adds_up(self):
        ended = self.probe("exit cases=cpuid iterations=64 warmup=4")
        line = next(line for line in ended.lines if line.startswith("hist name=cpuid"))
        counts = [int(pair.split(":")[1]) for pair in line.split("sub=32 ")[1].split(",")]
        self.assertEqual(sum(counts), 64, line)

    def test_the_command_line_arrives_and_a_wrong_word_is_status_3(self):
        ended = self.probe("exit nonsense=1", status=3)
        self.assertRegex(ended.lines[-1], "^error: command line: 'nonsense=1'")

    def test_eight_vcpus_start_and_stop(self):
        ended = self.probe("ipi iterations=20 warmup=2 hist=off", "--cpus", "8")
        self.assertIn("ipi_remote_poll", self.results(ended, 20))
