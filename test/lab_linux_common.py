# SPDX-License-Identifier: Apache-2.0
"""What is asked of Debian's PREEMPT_RT kernel under takt on every machine, in deterministic mode. The
guests are those of `guests_of_every_machine` in lab/guests.sh."""

import datetime
import re

from lab_harness import cyclictest_summary


class LinuxOfEveryMachine:
    """To be mixed into a LabTest."""

    clock_source = rtc_driver = None
    known_warnings = None
    says_restarting = True
    servers = ()  # threads that the board adds
    guests = ("info", "cyclictest", "reboot")

    @property
    def info(self):
        return self.text("info.console")

    def test_it_boots_and_powers_off_with_status_0(self):
        self.assert_status("info", 0)
        self.assertIn("TAKT-INIT", self.info)
        self.assertIn("TAKT-END info", self.info)

    def test_a_panic_with_panic_minus_1_is_status_4(self):
        self.assert_status("crash", 4)
        self.assertIn("sysrq triggered crash", self.text("crash.console"))

    def test_the_same_kernel_in_another_format_boots_and_its_reboot_is_status_4(self):
        self.assert_status("reboot", 4)
        console = self.text("reboot.console")
        self.assertIn("TAKT-INIT", console)
        if self.says_restarting:
            self.assertIn("Restarting system", console)
        self.assertIn("reset", self.text("reboot.vmm"))

    def test_the_clock_source(self):
        self.assertRegex(self.info, rf"(?m)^current_clocksource: {self.clock_source}$")

    def test_the_rtc_sets_the_time(self):
        found = re.search(rf"{self.rtc_driver} .*setting system clock to .* \((\d+)\)", self.info)
        self.assertIsNotNone(found, f"{self.rtc_driver} sets the clock")
        before = int(self.text("info.wall"))
        self.assertLessEqual(abs(int(found[1]) - before), 5,
                             f"seconds from {datetime.datetime.utcfromtimestamp(before)}")

    def test_all_memory_is_there(self):
        total = int(re.search(r"MemTotal: +(\d+) kB", self.info)[1])
        self.assertGreater(total, 440 << 10, "kB of 512 MiB")

    def test_there_are_no_unexpected_warnings(self):
        for guest in self.guests:
            with self.subTest(guest=guest):
                self.assert_no_warnings(guest, but=self.known_warnings)

    def test_cyclictest_measures_with_plausible_figures(self):
        self.assert_status("cyclictest", 0)
        least, average, most, samples = cyclictest_summary(self.text("cyclictest.hist"))
        self.assertEqual(samples, 500)
        self.assertGreaterEqual(least, 2, "us")
        self.assertLessEqual(least, average)
        self.assertLessEqual(average, 20, "us")
        self.assertLessEqual(most, 60, "us")

    def test_a_fifo_vcpu_has_no_page_faults_and_is_never_preempted(self):
        (vcpu,) = self.stats("cyclictest")["vcpus"]
        self.assertEqual((vcpu["minor_faults"], vcpu["major_faults"]), (0, 0))
        self.assertEqual(vcpu["involuntary_switches"], 0)

    def test_no_run_breaks_a_rule_of_real_time_code(self):
        rules = ("heap_calls", "locks", "blocking_calls", "address_space_changes")
        for guest in "info", "cyclictest", "reboot":
            with self.subTest(guest=guest):
                guards = self.stats(guest)["guards"]
                self.assertEqual({rule: guards[rule] for rule in rules}, dict.fromkeys(rules, 0))
        self.assertEqual(self.stats("cyclictest")["guards"]["page_faults"], 0)

    def test_the_fifo_vcpu_is_what_print_effective_says(self):
        state = self.effective("cyclictest")
        threads = {t["name"]: (t["policy"], t["priority"]) for t in state["threads"]}
        others = {name: ("other", 0) for name in ("takt", "console", "console-out", *self.servers)}
        self.assertEqual(threads, {**others, "vcpu0": ("fifo", 80)})
        self.assertTrue(state["memory"]["prefaulted"])
        self.assertGreater(state["memory"]["locked_kib"], 512 << 10)

    def test_linux_touches_no_memory_that_nobody_claims(self):
        for guest in "info", "cyclictest", "reboot":
            with self.subTest(guest=guest):
                self.assertEqual(self.stats(guest)["unclaimed_mmio"], 0)
                self.assertEqual(self.stats(guest)["console_bytes_dropped"], 0)
