# SPDX-License-Identifier: Apache-2.0
"""--print-effective and --print-stats: what takt says about itself."""

import os
import subprocess

import images
from harness import TaktTest, needs_kvm, needs_root


@needs_kvm
class Statistics(TaktTest):
    def test_unclaimed_addresses_read_ones_and_are_counted(self):
        ended = self.run_guest(images.reads_unclaimed(), "--print-stats")
        self.assert_status(ended, 1)
        self.assertEqual(ended.stdout, b"\xff" * 6, ended)
        stats = ended.json()
        self.assertEqual(stats["unclaimed_pio"], 3, ended)
        self.assertEqual(stats["unclaimed_mmio"], 2, ended)

    def test_exits_are_counted(self):
        ended = self.run_guest(
            images.writes(*[(0x80, n) for n in range(10)], (images.debug_exit, 0)), "--print-stats")
        (vcpu,) = ended.json()["vcpus"]
        self.assertEqual(vcpu["name"], "vcpu0", ended)
        self.assertEqual(vcpu["pio_exits"], 11, ended)
        self.assertEqual(vcpu["mmio_exits"], 0, ended)

    def test_the_time_that_exits_take_is_told_with_the_slowest_access(self):
        ended = self.run_guest(
            images.writes(*[(0x80, n) for n in range(10)], (images.debug_exit, 0)), "--print-stats")
        (vcpu,) = ended.json()["vcpus"]
        pio = vcpu["handling"]["pio"]
        self.assertEqual(pio["count"], 11, ended)
        self.assertLessEqual(pio["p50_ns"], pio["max_ns"], ended)
        self.assertLess(0, pio["max_ns"], ended)
        self.assertIn(pio["slowest"]["address"], ("0x80", hex(images.debug_exit)), ended)
        self.assertTrue(pio["slowest"]["write"], ended)
        self.assertNotIn("mmio", vcpu["handling"], ended)

    def test_each_vcpu_has_its_own(self):
        ended = self.run_guest(images.power_off(), "--cpus", "3", "--print-stats", "--name", "three")
        stats = ended.json()
        self.assertEqual([v["name"] for v in stats["vcpus"]], ["vcpu0", "vcpu1", "vcpu2"], ended)
        self.assertEqual(stats["name"], "three", ended)

    def test_nothing_is_printed_unless_asked_for(self):
        self.assert_silent(self.run_guest(images.power_off()))


@needs_kvm
class EffectiveState(TaktTest):
    def effective(self, *arguments, **how):
        ended = self.run_guest(images.power_off(), "--print-effective", *arguments, **how)
        self.assert_status(ended, 0)
        state = ended.json()
        return state, {thread["name"]: thread for thread in state["threads"]}

    def test_every_thread_is_there_under_its_name(self):
        _, threads = self.effective("--cpus", "2", "--debug-console", f"file:{self.files}/debug")
        self.assertEqual(set(threads), {"takt", "console", "console-out", "debug-out", "vcpu0", "vcpu1"})
        for thread in threads.values():
            self.assertEqual((thread["policy"], thread["priority"]), ("other", 0), thread)

    def test_a_device_is_moved_to_another_server(self):
        arguments = ["--console", "none"]
        for device in "uart", "rtc", "keyboard", "power":
            arguments += ["--device", f"{device}:server=mine"]
        _, threads = self.effective(*arguments[:4])
        self.assertEqual(set(threads), {"takt", "console", "mine", "vcpu0"})
        _, threads = self.effective(*arguments)
        self.assertEqual(set(threads), {"takt", "mine", "vcpu0"})

    def test_only_files_have_threads_of_their_own(self):
        for stream in subprocess.PIPE, subprocess.DEVNULL:
            _, threads = self.effective(stdin=stream, stdout=stream)
            self.assertEqual(set(threads), {"takt", "console", "vcpu0"}, stream)
        with open(self.file("input", "text"), "rb") as file:
            _, threads = self.effective(stdin=file)
        self.assertEqual(set(threads), {"takt", "console", "console-in", "console-out", "vcpu0"})

    def test_memory_is_told(self):
        state, _ = self.effective("--mlock", "off", "--prefault", "on")
        self.assertEqual(state["memory"]["bytes"], 16 << 20)
        self.assertEqual(state["memory"]["page_bytes"], 4096)
        self.assertTrue(state["memory"]["prefaulted"])
        self.assertEqual(state["memory"]["locked_kib"], 0)

    def test_idle_handling_is_told(self):
        state, _ = self.effective("--halt-poll-ns", "12345")
        self.assertEqual(state["kvm"]["halt_poll_ns"], 12345)
        state, _ = self.effective()
        self.assertIsNone(state["kvm"]["halt_poll_ns"])

    def test_a_vcpu_is_pinned(self):
        last = max(os.sched_getaffinity(0))
        _, threads = self.effective("--vcpu", f"0:cpu={last}", "--server", "console:cpu=0")
        self.assertEqual(threads["vcpu0"]["cpus"], str(last))
        self.assertEqual(threads["console"]["cpus"], "0")

    @needs_root
    def test_policies_and_priorities_are_in_force(self):
        state, threads = self.effective(
            "--cpus", "2", "--vcpu", "0:cpu=0,policy=fifo,priority=10",
            "--vcpu", "1:policy=rr,priority=3", "--server", "console:policy=fifo,priority=11")
        found = {name: (t["policy"], t["priority"]) for name, t in threads.items()}
        self.assertEqual(found, {"takt": ("other", 0), "console": ("fifo", 11), "console-out": ("other", 0),
                                 "vcpu0": ("fifo", 10), "vcpu1": ("rr", 3)})
        self.assertEqual(threads["vcpu0"]["cpus"], "0")
        self.assertTrue(state["memory"]["prefaulted"])
        self.assertGreater(state["memory"]["locked_kib"], 16 << 10)

    def pit_thread(self, *arguments):
        state, _ = self.effective("--pit", *arguments)
        (pit,) = [t for t in state["helpers"] if t["name"].startswith("kvm-pit/")]
        return pit

    @needs_root
    def test_the_kernels_helpers_keep_away_from_a_real_time_vcpu(self):
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            self.skipTest("one CPU")
        pit = self.pit_thread("--vcpu", f"0:cpu={cpus[-1]},policy=fifo,priority=10")
        self.assertNotIn(str(cpus[-1]), pit["cpus"].replace("-", ",").split(","), pit)
        self.assertEqual(pit["policy"], "other", pit)

    @needs_root
    def test_the_kernels_helpers_are_placed_as_the_user_says(self):
        pit = self.pit_thread("--helpers", "cpu=0,policy=fifo,priority=5")
        self.assertEqual((pit["cpus"], pit["policy"], pit["priority"]), ("0", "fifo", 5), pit)

    def test_latency_and_cache_are_left_alone_without_a_real_time_thread(self):
        state, _ = self.effective()
        self.assertIsNone(state["cpu_dma_latency_us"], state)
        self.assertEqual(state["resctrl"], [], state)

    @needs_root
    def test_the_file_says_the_same_as_the_options(self):
        config = self.file("vm.toml", f"""
name = "filed"
kernel = "{self.guest(images.power_off(), 'file-guest.bin')}"
memory = "16M"
cpus = 2
print-effective = true
[vcpu.0]
cpu = 0
policy = "fifo"
priority = 10
[server.console]
policy = "rr"
priority = 2
""")
        ended = self.run_to_end([*self.command(), config])
        self.assert_status(ended, 0)
        state = ended.json()
        threads = {t["name"]: (t["policy"], t["priority"], t["cpus"]) for t in state["threads"]}
        self.assertEqual(state["name"], "filed")
        self.assertEqual(threads["vcpu0"], ("fifo", 10, "0"))
        self.assertEqual(threads["console"][:2], ("rr", 2))

    def test_an_option_overrides_the_file(self):
        config = self.file("vm.toml", f"""
kernel = "{self.guest(images.power_off(), 'file-guest.bin')}"
memory = "32M"
name = "from-the-file"
print-effective = true
""")
        ended = self.run_to_end([*self.command("--memory", "16M"), config])
        self.assert_status(ended, 0)
        state = ended.json()
        self.assertEqual((state["memory"]["bytes"], state["name"]), (16 << 20, "from-the-file"))
