# SPDX-License-Identifier: Apache-2.0
"""Debian's PREEMPT_RT kernel under takt on arm64 in the lab, deterministic mode: it boots as an Image and
as an Image.gz, finds its devices, keeps time, sleeps and wakes, hears the power button, and ends in every
way it can; the probe; files that takt does not take. One job, lab/linux_arm64.sh."""

import gzip
import pathlib
import re
import tempfile

import images_arm64
from harness import probe
from lab_harness import LabTest, lab_kernel, run_job
from lab_linux_common import LinuxOfEveryMachine


class Linux(LinuxOfEveryMachine, LabTest):
    clock_source = "arch_sys_counter"
    rtc_driver = "rtc-pl031"
    servers = ("rtc",)
    says_restarting = False  # the kernel does not wait for its console; the same under QEMU
    guests = (*LinuxOfEveryMachine.guests, "suspend", "pl011", "uart16550", "button")

    @classmethod
    def setUpClass(cls):
        image = (lab_kernel() / "vmlinuz").read_bytes()
        with tempfile.TemporaryDirectory(prefix="takt-test.") as files:
            files = pathlib.Path(files)
            (files / "mistakes").mkdir()
            for name, content in images_arm64.refused_everywhere(image).items():
                (files / "mistakes" / name).write_bytes(content)
            (files / "Image.gz").write_bytes(gzip.compress(image, 1))
            cls.out = run_job("linux-arm64", "linux_arm64.sh", "--add", f"{files}/mistakes:/mistakes",
                              "--add", f"{files}/Image.gz:/Image.gz", "--add", f"{probe}:/probe", timeout_s=540)

    def test_psci_1_is_there(self):
        self.assertRegex(self.info, r"psci: PSCIv1\.[0-9]+ detected in firmware")

    def test_the_interrupt_controller_is_a_gicv3_with_an_its(self):
        self.assertRegex(self.info, r"GICv3: [1-9]\d* SPIs implemented")
        self.assertRegex(self.info, r"GICv3: CPU0: found redistributor 0 region 0:")
        self.assertRegex(self.info, r"ITS@0x[0-9a-f]+: allocated \d+ Devices")
        self.assertNotRegex(self.info, r"(?i)ITS.*(fail|error|invalid)")

    def test_the_timer_is_the_virtual_one(self):
        self.assertRegex(self.info, r"arch_timer: cp15 timer\(s\) running at [0-9.]+MHz \(virt\)")
        self.assertRegex(self.info, r"(?m)^ *\d+: +[1-9]\d* +GICv3 +27 Level +arch_timer$")

    def test_the_uart_is_a_pl011_with_an_interrupt(self):
        self.assertRegex(self.info, r"ttyAMA0 at MMIO 0x9000000 \(irq = [1-9]\d*, .*\) is a PL011 rev3")
        self.assert_typed("pl011", r"GICv3 +33 Level +uart-pl011")

    def test_a_16550_takes_the_place_of_the_pl011(self):
        self.assertRegex(self.text("uart16550.console"),
                         r"ttyS0 at MMIO 0x9000000 \(irq = [1-9]\d*, .*\) is a 16550A")
        self.assertNotIn("PL011 rev", self.text("uart16550.console"))
        self.assert_typed("uart16550", r"GICv3 +33 Level +ttyS0")

    def assert_typed(self, guest, interrupt):
        """What was typed into the guest's shell came by interrupts."""
        self.assert_status(guest, 0)
        console = self.text(f"{guest}.console")
        self.assertRegex(console, r"(?m)^TAKT-TYPED 42$")
        counted = re.search(rf"(?m)^ *\d+: +(\d+) +{interrupt}$", console)
        self.assertIsNotNone(counted, f"{interrupt} in /proc/interrupts: {console}")
        self.assertGreater(int(counted[1]), 0)

    def test_the_gpio_of_the_power_button_is_a_pl061(self):
        self.assertIn("pl061_gpio 9030000.gpio: PL061 GPIO chip registered", self.info)

    def test_the_pmu_is_found(self):
        self.assertRegex(self.info, r"hw perfevents: enabled with armv8_pmuv3 PMU driver, \d+ .*counters available")
        self.assertRegex(self.info, r"(?m)^ *\d+: +\d+ +GICv3 +23 Level +arm-pmu$")

    def test_the_seeds_of_the_device_tree_are_taken(self):
        self.assertIn("KASLR enabled", self.info)
        self.assertRegex(self.info, r"\[    0\.000000\] random: crng init done")

    def test_the_device_tree_is_taken_without_complaint(self):
        self.assertIn("Machine model: takt", self.info)
        self.assertNotRegex(self.info, r"(?i)OF: .*(error|fail|invalid|bad)|Firmware Bug|probe .*failed")

    def test_print_effective_says_what_the_board_is(self):
        board = self.effective("cyclictest")["board"]
        self.assertEqual(board["gic"], "v3 with ITS")
        self.assertEqual(board["gicv4"], "not in use")
        self.assertEqual(board["pmu"], "yes")
        self.assertRegex(board["wfi"], r"^exits, .*\(default\)$")

    def test_suspend_to_ram_ends_by_the_clocks_alarm(self):
        self.assert_status("suspend", 0)
        console = self.text("suspend.console")
        self.assertIn("TAKT-SUSPEND s2idle [deep]", console)
        slept = re.search(r"TAKT-RESUMED after (\d+) s", console)
        self.assertIsNotNone(slept, console)
        # The alarm is at a full second of the RTC, one to two seconds away; the guest's seconds begin elsewhere.
        self.assertIn(int(slept[1]), (1, 2, 3))
        self.assertRegex(console, r"(?m)^ *\d+: +1 +GICv3 +34 Level +rtc-pl031$")

    def test_sigpwr_presses_the_power_button(self):
        self.assert_status("button", 0)
        said = re.findall(r"(?m)^TAKT-INPUT (.*)$", self.text("button.console"))
        # EV_KEY KEY_POWER down, EV_SYN, up, EV_SYN
        self.assertEqual(said, ["1 116 1", "0 0 0", "1 116 0", "0 0 0"])

    def test_the_probe_measures_everything(self):
        self.assert_status("probe", 1)
        lines = self.text("probe.console").splitlines()
        self.assertRegex(lines[0], r"^TAKT-PROBE v1 arch=arm64 cntvct_khz=[1-9]\d* cntvct_source=cntfrq gic=v3 "
                                   r"psci=hvc cpus=1 entry_el=1$")
        self.assertEqual(lines[-1], "TAKT-PROBE done")
        results = {re.search(r"name=(\S+)", line)[1]: line for line in lines if line.startswith("result ")}
        self.assertEqual({*results}, {"timer", "none", "hvc", "sysreg", "uart_write", "uart_read", "rtc_write",
                                      "rtc_read", "mmio_write", "mmio_read", "ioeventfd", "ipi_self"})
        self.assertRegex(results["timer"], r" count=200 .* early=0 ")
        self.assertEqual([line for line in lines if "skipped" in line], ["ipi_remote skipped: one cpu"])

    def test_the_probes_own_status_is_takts(self):
        self.assert_status("probe-wrong", 3)
        self.assertIn("error: command line: 'sampels=200'", self.text("probe-wrong.console"))

    def test_the_device_tree_can_be_written_to_a_file(self):
        self.assert_status("dtb", 0)
        self.assertEqual(self.text("dtb.console"), "")
        tree = (self.out / "machine.dtb").read_bytes()
        self.assertEqual(tree[:4], b"\xd0\x0d\xfe\xed")
        self.assertEqual(re.findall(rb"cpu@[0-9a-f]+", tree), [b"cpu@0", b"cpu@1", b"cpu@2"])

    def test_a_big_endian_image(self):
        self.assert_refused("big-endian", 2, "/mistakes/big-endian", "big-endian", "CONFIG_CPU_LITTLE_ENDIAN")

    def test_an_image_compressed_by_xz(self):
        self.assert_refused("xz", 2, "/mistakes/xz", "compressed by xz", "xz -dc", "Image")

    def test_an_x86_bzimage(self):
        self.assert_refused("bzimage", 2, "/mistakes/bzimage", "x86", "bzImage", "this machine is arm64")

    def test_an_x86_elf_file(self):
        self.assert_refused("elf-x86", 2, "/mistakes/elf-x86", "ELF", "x86", "arm64")

    def test_an_efi_kernel_compressed_by_zstd(self):
        self.assert_refused("zboot-zstd", 2, "/mistakes/zboot-zstd", "zboot", "zstd -dc", "gzip only")

    def test_something_else_compressed_by_gzip(self):
        self.assert_refused("gzip-of-text", 2, "/mistakes/gzip-of-text", "gzip", "no arm64 Linux Image")

    def test_an_image_gz_that_is_cut_short(self):
        self.assert_refused("gzip-cut-short", 2, "/mistakes/gzip-cut-short", "cut short")

    def test_an_image_that_is_cut_short(self):
        self.assert_refused("image-cut-short", 2, "/mistakes/image-cut-short", "cut short", "copy it again")

    def test_a_gicv2_that_the_host_cannot_give(self):
        self.assert_refused("gic-v2", 1, "gic = v2", "it has v3")

    def test_memory_beyond_what_the_host_has(self):
        self.assert_refused("memory", 1, "this host has", "--memory")
