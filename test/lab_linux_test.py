# SPDX-License-Identifier: Apache-2.0
"""Debian's PREEMPT_RT kernel under takt on x86 in the lab, deterministic mode: it boots as a bzImage and as
an ELF image, finds its devices, keeps time, and ends in every way it can. One job, lab/linux.sh."""

import pathlib
import re
import struct
import subprocess
import tempfile

from lab_harness import LabTest, lab_kernel, run_job
from lab_linux_common import LinuxOfEveryMachine


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


class Linux(LinuxOfEveryMachine, LabTest):
    clock_source = "tsc"
    rtc_driver = "rtc_cmos"
    # KVM of the lab's emulated host gives an XSAVE area that Linux finds odd; QEMU's guests say the same.
    known_warnings = r"WARNING: CPU: \d+ PID: \d+ at arch/x86/kernel/fpu/xstate\.c"

    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile(prefix="takt-vmlinux.") as vmlinux:
            unpack_vmlinux(lab_kernel() / "vmlinuz", vmlinux.name)
            cls.out = run_job("linux", "linux.sh", "--add", f"{vmlinux.name}:/vmlinux", timeout_s=480)

    def test_the_tsc_is_not_calibrated_but_told(self):
        self.assertRegex(self.info, r"tsc: Detected [0-9.]+ MHz (processor|TSC)")
        self.assertNotRegex(self.info, "(?i)tsc.*unstable|unable to calibrate|using PIT")

    def test_the_timer_is_the_tsc_deadline_timer(self):
        self.assertIn("TSC deadline timer available", self.info)

    def test_the_apic_is_an_x2apic(self):
        self.assertIn("x2apic enabled", self.info)
        self.assertIn("physical x2apic", self.info)

    def test_spinlocks_are_not_paravirtual(self):
        self.assertIn("PV spinlocks disabled", self.info)

    def test_com1_is_a_16550a_with_an_interrupt(self):
        self.assertRegex(self.info, r"ttyS0 at I/O 0x3f8 \(irq = [1-9][0-9]*, .*\) is a 16550A")
        counted = re.search(r"(?m)^ *\d+: +(\d+) +IO-APIC +4-\w+ +ttyS0$", self.info)
        self.assertIsNotNone(counted, "ttyS0 in /proc/interrupts")
        self.assertGreater(int(counted[1]), 10)

    def test_acpi_is_taken_without_complaint(self):
        self.assertRegex(self.info, r"ACPI: \d+ ACPI AML tables successfully acquired and loaded")
        self.assertNotRegex(self.info, r"ACPI( BIOS)? (Error|Warning)|Firmware Bug|ACPI.*checksum.*(bad|incorrect)")
