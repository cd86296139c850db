# SPDX-License-Identifier: Apache-2.0
"""takt config check, and what a configuration wishes that this host will not grant: found before
anything is done, so no KVM is needed."""

import os
import pathlib
import shlex

import images
from harness import TaktTest, needs_root, takt_bin

repo = pathlib.Path(__file__).resolve().parent.parent


class ConfigCheck(TaktTest):
    """takt config check: what `takt run` would refuse before it opens /dev/kvm."""

    good = 'kernel = "not-there"\nrt-mode = "best-effort"\n'

    def check(self, *files):
        return self.run_to_end([takt_bin, "config", "check", *files])

    def refused(self, text, *says):
        ended = self.check(self.file("vm.toml", text))
        self.assert_status(ended, 2)
        self.assertEqual(ended.stdout, b"", ended)
        self.assert_one_line(ended, "vm.toml", *says)

    def test_a_good_file_is_ok_and_the_files_it_names_are_not_looked_for(self):
        path = self.file("vm.toml", self.good)
        ended = self.check(path)
        self.assert_status(ended, 0)
        self.assert_silent(ended)
        self.assertEqual(ended.stdout, f"{path}: ok\n".encode(), ended)

    def test_each_of_several_files_is_judged(self):
        good, bad = self.file("good.toml", self.good), self.file("bad.toml", "cpus = 0\n")
        ended = self.check(bad, good)
        self.assert_status(ended, 2)
        self.assertEqual(ended.stdout, f"{good}: ok\n".encode(), ended)
        self.assert_one_line(ended, "bad.toml:1:", "cpus")

    def test_no_file(self):
        self.assert_refused([takt_bin, "config", "check"], 2, "file")

    def test_no_subcommand(self):
        self.assert_refused([takt_bin, "config"], 2, "subcommand")

    def test_a_file_that_is_not_there(self):
        self.assert_refused([takt_bin, "config", "check", "/nonexistent/vm.toml"], 2,
                            "/nonexistent/vm.toml", "No such file or directory")

    def test_the_whole_is_checked_too(self):
        self.refused(self.good + "[vcpu.3]\ncpu = 0\n", "vcpu 3", "cpus = 1")

    def test_a_server_that_does_not_exist(self):
        self.refused(self.good + "[server.disk]\ncpu = 0\n", "disk", "console")

    def test_a_priority_out_of_range(self):
        self.refused(self.good + '[helpers]\npolicy = "fifo"\npriority = 100\n', "helpers", "0 to 99")

    def test_helpers_with_a_policy_and_no_priority(self):
        self.refused(self.good + '[helpers]\npolicy = "fifo"\n', "helpers", "needs a priority")

    def test_a_latency_that_is_none(self):
        self.refused(self.good + 'cpu-dma-latency = "soon"\n', "cpu-dma-latency", "off, auto")

    def test_schemata_that_are_none(self):
        self.refused(self.good + '[resctrl]\nschemata = ["f0"]\n', "resctrl", "L3:0=f0")

    def test_what_is_only_unwise_is_a_warning(self):
        placed = 'cpu = 0\npolicy = "fifo"\npriority = 10\n'
        path = self.file("vm.toml", 'cpus = 2\ndisable-exits = "hlt"\n' + self.good +
                         f"[vcpu.0]\n{placed}[vcpu.1]\n{placed}")
        ended = self.check(path)
        self.assert_status(ended, 0)
        self.assertIn(b"warning: vcpus 0 and 1 share CPU 0", ended.stderr, ended)

    def test_the_examples_are_good(self):
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("they use CPUs 0 and 1")
        for path in sorted((repo / "examples").glob("*.toml")):
            text = path.read_text(encoding="utf-8")
            self.assertIn('rt-mode = "strict"', text, path)
            # This machine may grant nothing; what they say must be right all the same.
            copy = self.file(path.name, text.replace('rt-mode = "strict"', 'rt-mode = "best-effort"'))
            ended = self.check(copy)
            self.assert_status(ended, 0)
            self.assertIn(b": ok\n", ended.stdout, ended)

    def test_there_are_examples(self):
        names = {path.name for path in (repo / "examples").glob("*.toml")}
        self.assertEqual(names, {"controller.toml", "mixed.toml", "rtos.toml"})


@needs_root
class Preflight(TaktTest):
    """What the host will not grant, found before anything is done: one line, status 1."""

    fifo = ("--vcpu", "0:policy=fifo,priority=80")

    def refused(self, prefix, *arguments, says):
        command = [*prefix, *self.command(*arguments, kernel=self.guest(images.halts()))]
        self.assert_refused(command, 1, *says)

    def without(self, capability, *limits):
        return ["prlimit", *limits, "setpriv", f"--bounding-set=-{capability}",
                f"--inh-caps=-{capability}", "--"]

    def test_no_right_to_real_time(self):
        self.refused(self.without("sys_nice", "--rtprio=0"), *self.fifo, "--mlock", "off",
                     says=["vcpu 0", "CAP_SYS_NICE", "RLIMIT_RTPRIO is 0", "setcap", "ulimit -r 80",
                           "LimitRTPRIO=80"])

    def test_no_right_to_a_servers_priority(self):
        self.refused(self.without("sys_nice", "--rtprio=0"), "--mlock", "off",
                     "--server", "console:policy=rr,priority=60", says=["server console", "rr", "60"])

    def test_locked_memory_says_how_much_is_needed(self):
        self.refused(self.without("ipc_lock", "--memlock=65536"), "--mlock", "on",
                     says=["lock memory", "16 of them guest RAM", "RLIMIT_MEMLOCK is 64 KiB",
                           "CAP_IPC_LOCK", "LimitMEMLOCK="])

    def test_config_check_finds_it_too(self):
        path = self.file("vm.toml", 'kernel = "k"\n[vcpu.0]\npolicy = "fifo"\npriority = 80\n')
        ended = self.run_to_end([*self.without("sys_nice", "--rtprio=0"), takt_bin, "config", "check",
                                 path])
        self.assert_status(ended, 2)
        self.assert_one_line(ended, "vm.toml", "vcpu 0", "CAP_SYS_NICE")

    def test_a_cpu_outside_the_cpuset(self):
        if max(os.sched_getaffinity(0)) == 0:
            self.skipTest("one CPU")
        command = self.command("--vcpu", "0:cpu=1", kernel=self.guest(images.halts()))
        own = self.file("cgroup", "0::/\n")
        script = ("mount -t tmpfs none /sys/fs/cgroup && echo 0 >/sys/fs/cgroup/cpuset.cpus.effective && "
                  f"mount --bind {own} /proc/$$/cgroup && exec {shlex.join(command)}")
        self.assert_refused(["unshare", "--mount", "sh", "-c", script], 1, "vcpu 0", "cpu 1", "cpuset, 0",
                            "cpuset.cpus")

    def test_throttling_that_stops_a_vcpu_that_never_sleeps(self):
        """The sysctl is arranged in a mount namespace, with an older kernel's version."""
        fake = self.files / "fake"
        fake.mkdir()
        (fake / "us").write_text("950000\n", encoding="ascii")
        (fake / "osrelease").write_text("6.1.0-rt\n", encoding="ascii")
        command = self.command("--vcpu", "0:policy=fifo,priority=10", "--disable-exits", "hlt",
                               kernel=self.guest(images.halts()))
        script = (f"mount --bind {fake}/us /proc/sys/kernel/sched_rt_runtime_us && "
                  f"mount --bind {fake}/osrelease /proc/sys/kernel/osrelease && exec {shlex.join(command)}")
        self.assert_refused(["unshare", "--mount", "sh", "-c", script], 1, "vcpu 0", "950000 us",
                            "sysctl kernel.sched_rt_runtime_us=-1")
