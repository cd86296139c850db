# SPDX-License-Identifier: Apache-2.0
"""Debian's PREEMPT_RT kernel under takt in the lab, deterministic mode: it boots as a bzImage and as
an ELF image, finds its devices, keeps time, and ends in every way it can. One job, lab/linux.sh."""

import datetime
import json
import pathlib
import re
import struct
import subprocess
import tempfile

from harness import repo
from lab_harness import LabTest, cyclictest_summary, run_job

# KVM of the lab's emulated host gives an XSAVE area that Linux finds odd; QEMU's guests say the same.
known_warnings = re.compile(r"WARNING: CPU: \d+ PID: \d+ at arch/x86/kernel/fpu/xstate\.c")


def unpack_vmlinux(bzimage, target):
    """The ELF file in a bzImage (Documentation/arch/x86/boot.rst: payload_offset, payload_length).
    The last four bytes of the payload are its unpacked size."""
    image = pathlib.Path(bzimage).read_bytes()
    offset, length = struct.unpack_from("<II", image, 0x248)
    begin = ((image[0x1F1] or 4) + 1) * 512 + offset
    payload = image[begin:begin + length]
    tools = {b"\x28\xb5\x2f\xfd": ["zstd", "-dc"], b"\xfd7zX": ["xz", "-dc"], b"\x1f\x8b\x08\x00": ["gzip", "-dc"]}
    tool = tools[payload[:4]]
    with open(target, "wb") as out:
        subprocess.run(tool, input=payload[:-4], stdout=out, check=True)


class Linux(LabTest):
    @classmethod
    def setUpClass(cls):
        kernel = subprocess.run([str(repo / "lab/kernel.sh")], stdout=subprocess.PIPE, check=True,
                                text=True).stdout.strip()
        with tempfile.NamedTemporaryFile(prefix="takt-vmlinux.") as vmlinux:
            unpack_vmlinux(f"{kernel}/vmlinuz", vmlinux.name)
            cls.out = run_job("linux", "linux.sh", "--add", f"{vmlinux.name}:/vmlinux", timeout_s=480)
        cls.info = cls.text(cls, "info.console")

    def stats(self, guest):
        said = self.text(f"{guest}.vmm")
        return json.loads(said[said.rindex("\n{\n") + 1 if "\n{\n" in said else 0:])

    def test_it_boots_and_powers_off_with_status_0(self):
        self.assert_status("info", 0)
        self.assertIn("TAKT-INIT", self.info)
        self.assertIn("TAKT-END info", self.info)

    def test_a_panic_with_panic_minus_1_is_status_4(self):
        """The guest keeps its HLT exits: --disable-exits hlt."""
        self.assert_status("crash", 4)
        self.assertIn("sysrq triggered crash", self.text("crash.console"))

    def test_the_elf_image_boots_by_pvh_and_its_reboot_is_status_4(self):
        self.assert_status("pvh", 4)
        console = self.text("pvh.console")
        self.assertIn("TAKT-INIT", console)
        self.assertIn("Restarting system", console)
        self.assertIn("reset", self.text("pvh.vmm"))

    def test_the_clock_source_is_the_tsc(self):
        self.assertRegex(self.info, r"(?m)^current_clocksource: tsc$")

    def test_the_tsc_is_not_calibrated_but_told(self):
        self.assertRegex(self.info, r"tsc: Detected [0-9.]+ MHz (processor|TSC)")
        self.assertNotRegex(self.info, "(?i)tsc.*unstable|unable to calibrate|using PIT")

    def test_the_timer_is_the_tsc_deadline_timer(self):
        self.assertIn("TSC deadline timer available", self.info)

    def test_the_apic_is_an_x2apic(self):
        self.assertIn("x2apic enabled", self.info)
        self.assertIn("physical x2apic", self.info)

    def test_spinlocks_are_not_paravirtual(self):
        self.assertIn("PV spinlocks disabled with KVM_HINTS_REALTIME", self.info)

    def test_com1_is_a_16550a_with_an_interrupt(self):
        self.assertRegex(self.info, r"ttyS0 at I/O 0x3f8 \(irq = [1-9][0-9]*, .*\) is a 16550A")
        counted = re.search(r"(?m)^ *\d+: +(\d+) +IO-APIC +4-\w+ +ttyS0$", self.info)
        self.assertIsNotNone(counted, "ttyS0 in /proc/interrupts")
        self.assertGreater(int(counted[1]), 10)

    def test_the_rtc_sets_the_time(self):
        found = re.search(r"rtc_cmos .* setting system clock to .* \((\d+)\)", self.info)
        self.assertIsNotNone(found, "rtc_cmos sets the clock")
        before = int(self.text("info.wall"))
        self.assertLessEqual(abs(int(found[1]) - before), 5,
                             f"seconds from {datetime.datetime.utcfromtimestamp(before)}")

    def test_acpi_is_taken_without_complaint(self):
        self.assertRegex(self.info, r"ACPI: \d+ ACPI AML tables successfully acquired and loaded")
        self.assertNotRegex(self.info, r"ACPI( BIOS)? (Error|Warning)|Firmware Bug|ACPI.*checksum.*(bad|incorrect)")

    def test_all_memory_is_there(self):
        total = int(re.search(r"MemTotal: +(\d+) kB", self.info)[1])
        self.assertGreater(total, 440 << 10, "kB of 512 MiB")

    def test_there_are_no_unexpected_warnings(self):
        for guest in "info", "cyclictest", "pvh":
            lines = self.text(f"{guest}.console").splitlines()
            bad = [line for line in lines if re.search(r"WARNING:|BUG:|Oops|Call Trace|INFO: .*stall|soft lockup", line)
                   and not known_warnings.search(line)]
            self.assertEqual(bad, [], guest)

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

    def test_the_fifo_vcpu_is_what_print_effective_says(self):
        said = self.text("cyclictest.vmm")
        state, _ = json.JSONDecoder().raw_decode(said)
        threads = {t["name"]: (t["policy"], t["priority"]) for t in state["threads"]}
        self.assertEqual(threads, {"takt": ("other", 0), "console": ("other", 0), "vcpu0": ("fifo", 80)})
        self.assertTrue(state["memory"]["prefaulted"])
        self.assertGreater(state["memory"]["locked_kib"], 512 << 10)

    def test_linux_touches_no_memory_that_nobody_claims(self):
        self.assertEqual(self.stats("info")["unclaimed_mmio"], 0)
        self.assertEqual(self.stats("info")["console_bytes_dropped"], 0)
