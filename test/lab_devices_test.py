# SPDX-License-Identifier: Apache-2.0
"""Debian's PREEMPT_RT kernel under takt in the lab with every device on the bus: its stock drivers find and use
them, what goes through them arrives, and lspci has nothing to complain about. One job, lab/devices.sh.
TAKT_VMM=qemu runs the job under QEMU, for whoever doubts the job; what only takt has is skipped."""

import os
import re
import unittest

from lab_harness import LabTest, echo_on_both_sides, fpu_warning, run_job

vmm = os.environ.get("TAKT_VMM", "takt")
only_takt = unittest.skipUnless(vmm == "takt", "takt's own")
NICS = {0: "virtio-net", 1: "e1000"}


class Devices(LabTest):
    @classmethod
    def setUpClass(cls):
        cls.out = run_job("devices", "devices.sh", "--with", "devices", "--with", "lspci", *echo_on_both_sides, "--env", f"TAKT_VMM={vmm}", timeout_s=900)
        cls.console = cls.text(cls, "devices.console")

    def found(self, name):
        text = self.text(name)
        self.assertEqual(self.text(f"{name}.status").strip(), "0", text)
        return text

    @only_takt
    def test_it_powers_off_with_status_0(self):
        self.assert_status("devices", 0)

    def test_every_device_has_its_driver(self):
        drivers, _ = self.said("drivers")
        for device, driver in {"0x1af4 0x1041": "virtio-pci", "0x1af4 0x1042": "virtio-pci", "0x1af4 0x1043": "virtio-pci",
                               "0x1af4 0x1044": "virtio-pci", "0x1af4 0x1045": "virtio-pci", "0x8086 0x100e": "e1000"}.items():
            transitional = {"0x1041": "0x1000", "0x1042": "0x1001", "0x1043": "0x1003", "0x1044": "0x1005", "0x1045": "0x1002"}
            words = device if vmm == "takt" else re.sub("0x1af4 (0x[0-9a-f]+)", lambda m: f"0x1af4 ({m[1]}|{transitional[m[1]]})", device)
            self.assertRegex(drivers, rf"(?m)^{words} {driver}$")

    def test_lspci_has_nothing_to_complain_about(self):
        said, status = self.said("lspci")
        self.assertEqual(status, 0)
        # The guest has no complete list of modules, which says nothing of the devices.
        said = re.sub(r"(?m)^lspci: Unable to load libkmod resources.*$", "", said)
        self.assertNotRegex(said, r"(?i)\blspci:|<access denied>|!!!|Unknown header|Chain looped|unassigned|\[virtual\]|\[disabled\]|<\?>|Rev ff")
        self.assertRegex(said, r"(?i)ethernet controller: .*82540EM")
        self.assertRegex(said, r"(?i)ethernet controller: .*Virtio")

    @only_takt
    def test_lspci_shows_msi_x_enabled_where_a_driver_uses_it(self):
        said, _ = self.said("lspci")
        functions = re.split(r"\n(?=[0-9a-f:.]+ )", said)
        (net,) = [f for f in functions if re.search(r"(?i)ethernet.*virtio", f)]
        self.assertRegex(net, r"MSI-X: Enable\+ Count=\d+ Masked-")

    def test_the_guest_pings_the_host(self):
        for nic, name in NICS.items():
            with self.subTest(nic=name):
                said, status = self.said(f"ping-{nic}")
                self.assertEqual(status, 0, said)
                self.assertIn(" 0% packet loss", said)

    def test_the_host_reaches_the_guest(self):
        for nic, name in NICS.items():
            for kind, count in {"udp": 50, "icmp": 50, "tcp": 200}.items():
                with self.subTest(nic=name, kind=kind):
                    said = self.found(f"{kind}-{nic}")
                    self.assertIn(f"# Total: {count}\n", said)
                    self.assertIn("# Lost: 0\n", said)

    def test_a_stream_arrives_whole(self):
        for nic, name in NICS.items():
            with self.subTest(nic=name):
                sums = re.findall(r"(?m)^([0-9a-f]{32})", self.found(f"stream-{nic}"))
                self.assertEqual(len(sums), 3, sums)
                self.assertEqual(len(set(sums)), 1, "of what came, of what was read again, of what was sent")

    def test_the_guest_reads_what_the_host_wrote(self):
        said, status = self.said("disk-read")
        self.assertEqual(status, 0, said)
        self.assertEqual(said.split()[0], self.text("disk-before.md5").split()[0])

    def test_the_host_finds_what_the_guest_wrote(self):
        self.assertEqual(self.said("disk-write")[1], 0)
        self.assertEqual(self.said("disk-again")[1], 0)
        self.assertEqual(self.text("disk-after.md5"), self.text("disk-wanted.md5"))

    def test_disks_have_their_sizes_and_one_is_read_only(self):
        said, _ = self.said("disk-sizes")
        self.assertEqual(said.split(), ["16000", "0", "16000", "1"])
        said, status = self.said("disk-read-only")
        self.assertNotEqual(status, 0, said)

    def test_a_file_system_lives_on_the_disk(self):
        said, status = self.said("disk-file-system")
        self.assertEqual(status, 0, said)

    def test_the_hardware_gives_random_numbers(self):
        said, status = self.said("rng")
        self.assertEqual(status, 0, said)
        self.assertIn("virtio_rng", said)
        self.assertGreater(len(set(re.findall(r"\b[0-9a-f]{2}\b", said))), 16, said)

    def test_a_port_of_the_console_carries_words(self):
        said, status = self.said("port")
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"(?m)^vport\d+p\d+ words$")
        self.assertEqual(self.text("port"), "through port words\n")

    @only_takt
    def test_sockets_carry_messages_in_both_directions(self):
        guest, status = self.said("vsock-from-guest")
        self.assertEqual(status, 0, guest)
        for said in self.found("vsock-to-guest"), guest:
            self.assertIn("# Total: 1000\n", said)
            self.assertIn("# Lost: 0\n", said)

    @only_takt
    def test_the_balloon_takes_memory(self):
        self.found("balloon")
        before, after = (int(self.found(f"free-{when}")) for when in ("before", "after"))
        self.assertAlmostEqual((before - after) / 1024, 64, delta=8, msg="MiB")

    def test_interrupts_of_virtio_are_msi_x_and_of_the_e1000_a_line(self):
        said, _ = self.said("interrupts")
        self.assertRegex(said, r"(?m)^ *\d+: +[1-9]\d* .*MSI.* virtio\d+-input")
        self.assertRegex(said, r"(?m)^ *\d+: +[1-9]\d* .*(IO-APIC|GICv3|Level|MSI).* eth\d$")

    @only_takt
    def test_the_same_drivers_work_in_windows_of_memory_without_pci(self):
        self.assert_status("mmio", 0)
        console = self.text("mmio.console")
        self.assertEqual(self.said("pci", console)[0].strip(), "0")
        windows, _ = self.said("windows", console)
        for driver in "virtio_net", "virtio_blk", "virtio_rng":
            self.assertRegex(windows, rf"(?m)^/sys/devices/platform/\S+/virtio\d+ {driver}$")
        for name in "ping", "disk-write":
            said, status = self.said(name, console)
            self.assertEqual(status, 0, said)
        self.assertEqual(self.said("rng", console)[0].strip(), "64")
        self.assertEqual(self.said("disk-read", console)[0].split()[0], self.text("mmio-before.md5").split()[0])
        self.assertEqual(self.text("mmio-after.md5"), self.text("mmio-wanted.md5"))
        self.assertRegex(self.said("interrupts", console)[0], r"(?m)^ *\d+: +[1-9]\d* .* virtio\d+$")

    @only_takt
    def test_the_kernel_serves_a_network_card_and_its_thread_is_placed_as_the_server(self):
        self.assert_status("vhost", 0)
        console = self.text("vhost.console")
        for name in "ping", "ping-bus", "again", "ping-again":
            self.said_well(name, console)
        self.assertEqual(self.said("ping-no-bus", console)[1], 1)
        self.assertRegex(self.text("vhost.threads"), r"(?m)^vhost-\d+: SCHED_FIFO 60,")
        self.assertRegex(self.said("interrupts", console)[0], r"(?m)^ *\d+: +[1-9]\d* .*MSI.* virtio0-input")
        for kind, count in {"udp": 50, "tcp": 200}.items():
            said = self.found(f"{kind}-vhost")
            self.assertIn(f"# Total: {count}\n", said)
            self.assertIn("# Lost: 0\n", said)
        sums = re.findall(r"(?m)^([0-9a-f]{32})", self.found("stream-vhost"))
        self.assertEqual((len(sums), len(set(sums))), (3, 1), sums)

    @only_takt
    def test_two_queue_pairs_are_served_by_two_threads_of_the_kernel(self):
        self.assert_status("pairs", 0)
        self.assertEqual(self.text("flows").count("# Lost: 0\n"), 8, self.text("flows"))
        self.assertEqual(len(re.findall(r"(?m)^vhost-\d+:", self.text("pairs.threads"))), 2)
        for pair in 0, 1:
            self.assertRegex(self.text("pairs.interrupts"), rf"(?m)^ *\d+: +.*[1-9]\d* .*MSI.* virtio0-input\.{pair}$")

    def test_the_drivers_have_no_complaint(self):
        said, _ = self.said("warnings")
        self.assertEqual(said, "")

    def test_there_are_no_warnings(self):
        self.assert_no_warnings("devices", but=fpu_warning)

    @only_takt
    def test_no_run_breaks_a_rule_of_real_time_code(self):
        guards = self.stats("devices")["guards"]
        self.assertEqual({rule: guards[rule] for rule in ("heap_calls", "locks", "blocking_calls", "address_space_changes")},
                         {"heap_calls": 0, "locks": 0, "blocking_calls": 0, "address_space_changes": 0})


if __name__ == "__main__":
    unittest.main()
