# SPDX-License-Identifier: Apache-2.0
"""Other arm64 hosts: an old one, and one whose KVM uses GICv4. One job each, lab/gicv2_arm64.sh and
lab/gicv4_arm64.sh. What they run on is changed by arguments of the outer QEMU: its last word counts."""

import pathlib
import re
import tempfile

import images_arm64
from lab_harness import LabTest, lab_kernel, run_job


class GicV2(LabTest):
    """Cortex-A57: no VHE, 44 bits of address, no 16 KiB pages; with a GICv2."""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="takt-test.") as files:
            other = pathlib.Path(files, "pages-16k")
            image = (lab_kernel() / "vmlinuz").read_bytes()
            other.write_bytes(images_arm64.with_flags(image, images_arm64.pages_16k | images_arm64.anywhere))
            cls.out = run_job("gicv2-arm64", "gicv2_arm64.sh", "--l0", "-M gic-version=2 -cpu cortex-a57",
                              "--add", f"{other}:/pages-16k")
        cls.console = cls.text(cls, "info.console")

    def test_the_host_is_what_this_is_about(self):
        host = self.text("host")
        self.assertIn("GICv2", host)
        self.assertIn("Hyp nVHE mode initialized", host)
        self.assertIn("IPA Size Limit: 44 bits", host)

    def test_takt_takes_the_gicv2(self):
        self.assertEqual(self.effective("info")["board"]["gic"], "v2")

    def test_the_guest_boots_and_powers_off_with_status_0(self):
        self.assert_status("info", 0)
        self.assertIn("TAKT-END info", self.console)

    def test_the_guests_interrupts_are_a_gicv2s(self):
        self.assertRegex(self.console, r"(?m)^ *\d+: +[1-9]\d* +GIC-0 +27 Level +arch_timer$")
        self.assertRegex(self.console, r"(?m)^ *\d+: +\d+ +GIC-0 +33 Level +uart-pl011$")
        self.assertNotIn("GICv3", self.console)

    def test_there_are_no_unexpected_warnings(self):
        self.assert_no_warnings("info")
        self.assertEqual(self.stats("info")["unclaimed_mmio"], 0)

    def test_a_gicv2_takes_8_cpus(self):
        self.assert_refused("cpus", 2, "cpus = 9", "at most 8")

    def test_a_gicv3_that_the_host_cannot_give(self):
        self.assert_refused("gic-v3", 1, "gic = v3", "it has v2")

    def test_memory_beyond_the_addresses_of_the_host(self):
        self.assert_refused("memory", 2, "16777216 MiB", "45 bits", "has 44", "at most")

    def test_an_image_with_pages_that_the_cpu_lacks(self):
        self.assert_refused("pages-16k", 2, "/pages-16k", "16 KiB pages", "CONFIG_ARM64_4K_PAGES")


class GicV4(LabTest):
    """With PREEMPT_RT: the thread of the doorbell interrupt, FIFO 50, keeps a vCPU below it from running."""

    @classmethod
    def setUpClass(cls):
        cls.out = run_job("gicv4-arm64", "gicv4_arm64.sh", "--append", "kvm-arm.vgic_v4_enable=1")

    def test_the_host_is_what_this_is_about(self):
        self.assertRegex(self.text("host"), r"GICv4.* support enabled")

    def test_a_vcpu_at_fifo_60_boots_its_guest(self):
        self.assert_status("info", 0)
        self.assertIn("TAKT-END info", self.text("info.console"))
        self.assertEqual(self.effective("info")["board"]["gicv4"], "in use")
        self.assert_no_warnings("info")

    def test_a_vcpu_without_a_place_is_refused(self):
        self.assert_refused("other", 1, "vcpu 0", "kvm-arm.vgic_v4_enable", "PREEMPT_RT", "above 50")

    def test_a_vcpu_at_the_priority_of_the_doorbell_is_refused(self):
        self.assert_refused("fifo-50", 1, "vcpu 0", "kvm-arm.vgic_v4_enable", "above 50")

    def test_best_effort_warns_and_starts(self):
        said = self.text("best-effort.vmm")
        self.assertRegex(said, r"\Atakt: warning: vcpu 0: [^\n]*kvm-arm\.vgic_v4_enable[^\n]*\n\Z")
        self.assertEqual(self.text("best-effort.status").strip(), "running")
