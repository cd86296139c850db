# SPDX-License-Identifier: Apache-2.0
"""What the host lacks: one line, exit status 1. Each lack is arranged in a mount namespace of the
test's own, or asked for beyond what any machine has."""

import os
import pathlib
import shlex

import images
from harness import TaktTest, needs_kvm, needs_root


@needs_root
class NoKvm(TaktTest):
    """A /dev of its own for takt."""

    def in_private_dev(self, set_up, command):
        script = f"mount -t tmpfs none /dev && {set_up} && exec {shlex.join(command)}"
        return ["unshare", "--mount", "sh", "-c", script]

    def takt(self, *arguments):
        return [self.public_takt(), *self.command(*arguments, kernel=self.guest(images.halts()))[1:]]

    def test_dev_kvm_is_absent(self):
        self.assert_refused(self.in_private_dev("true", self.takt()), 1, "/dev/kvm",
                            "No such file or directory", "kvm-intel", "kvm-amd")

    def test_dev_kvm_is_forbidden(self):
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", *self.takt()]
        self.assert_refused(
            self.in_private_dev("mknod -m 0600 /dev/kvm c 10 232", command), 1, "/dev/kvm",
            "Permission denied", "group")

    def test_dev_kvm_has_no_driver(self):
        self.assert_refused(self.in_private_dev("mknod -m 0600 /dev/kvm c 10 4095", self.takt()), 1,
                            "/dev/kvm", "kvm-intel")

    def test_dev_kvm_is_something_else(self):
        self.assert_refused(self.in_private_dev("mknod -m 0666 /dev/kvm c 1 3", self.takt()), 1,
                            "kvm", "KVM_GET_API_VERSION")

    @needs_kvm
    def test_a_thread_that_cannot_be_started(self):
        """Some of the vCPUs' threads run already when the limit is met."""
        command = ["setpriv", "--reuid=61234", "--regid=61234", "--clear-groups", "--", "prlimit",
                   "--nproc=4", "--", *self.takt("--cpus", "4")]
        device = os.stat("/dev/kvm").st_rdev
        self.assert_refused(
            self.in_private_dev(f"mknod -m 0666 /dev/kvm c {os.major(device)} {os.minor(device)}", command),
            1, "start thread vcpu", "Resource temporarily unavailable", timeout_s=20)

    def test_dump_acpi_and_bad_usage_need_no_kvm(self):
        dump = self.takt("--dump-acpi", str(self.files / "acpi"))
        self.assert_status(self.run_to_end(self.in_private_dev("true", dump)), 0)
        self.assert_refused(self.in_private_dev("true", self.takt("--cpus", "0")), 2, "cpus")


@needs_kvm
class NoMemory(TaktTest):
    def refused(self, *arguments, memory, says):
        command = self.command(*arguments, kernel=self.guest(images.halts()), memory=memory)
        return self.assert_refused(command, 1, *says)

    def test_more_than_the_host_has(self):
        with open("/proc/meminfo", encoding="ascii") as meminfo:
            total_kib = int(meminfo.readline().split()[1])
        self.refused(memory=f"{(total_kib >> 10) + 1024}M",
                     says=["guest RAM", "MiB", "available", "--memory"])

    def test_more_than_any_host_has(self):
        self.refused(memory="16T", says=["guest RAM", "--memory"])

    def test_more_than_the_host_has_and_prefaulted(self):
        self.refused("--prefault", "on", memory="8T", says=["guest RAM"])

    def test_an_address_space_limit(self):
        command = ["prlimit", "--as=268435456", *self.command(kernel=self.guest(images.halts()),
                                                              memory="512M")]
        self.assert_refused(command, 1, "guest RAM", "512 MiB")

    def test_huge_pages_that_are_not_reserved(self):
        if not pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB").exists():
            self.skipTest("this kernel has no 2 MiB pages")
        self.refused("--hugepages", "2M", memory="8T",
                     says=["guest RAM", "huge pages of 2 MiB", "nr_hugepages"])

    def test_gigabyte_pages_that_are_not_reserved(self):
        self.refused("--hugepages", "1G", memory="8T", says=["guest RAM", "huge pages of 1024 MiB"])


@needs_kvm
class NoResctrl(TaktTest):
    wanted = ("--resctrl", "L3:0=f0")

    def setUp(self):
        super().setUp()
        if pathlib.Path("/sys/fs/resctrl/schemata").exists():
            self.skipTest("this host has resctrl")

    def test_strict_is_one_line_with_the_command(self):
        command = self.command(*self.wanted, kernel=self.guest(images.halts()))
        self.assert_refused(command, 1, "resctrl", "mount -t resctrl resctrl /sys/fs/resctrl")

    def test_best_effort_warns_and_runs(self):
        ended = self.run_guest(images.power_off(), *self.wanted, "--rt-mode", "best-effort")
        self.assert_status(ended, 0)
        self.assert_one_line(ended, "warning", "resctrl", "mount -t resctrl")


@needs_kvm
class NoFiles(TaktTest):
    def test_a_console_file_in_a_missing_directory(self):
        ended = self.run_guest(images.halts(), "--console", "file:/nonexistent/dir/log")
        self.assertIn(ended.status, (1, 2), ended)
        self.assert_one_line(ended, "/nonexistent/dir/log", "No such file or directory")

    def test_the_option_is_named(self):
        ended = self.run_guest(images.halts(), "--debug-console", "file:/nonexistent/dir/log")
        self.assert_one_line(ended, "debug-console", "/nonexistent/dir/log")

    def test_a_directory_as_console_file(self):
        ended = self.run_guest(images.halts(), "--console", f"file:{self.files}")
        self.assertIn(ended.status, (1, 2), ended)
        self.assert_one_line(ended, str(self.files), "Is a directory")

    def test_a_fifo_that_nobody_reads_does_not_block_the_start_for_ever(self):
        """Opening a FIFO for writing waits for a reader; SIGTERM must end the wait."""
        path = self.files / "fifo"
        os.mkfifo(path)
        running = self.start(self.command("--console", f"file:{path}",
                                          kernel=self.guest(images.halts())))
        try:
            running.process.wait(0.5)
        except Exception:  # still waiting: in order
            running.process.terminate()
        self.assertIn(running.wait(10).status, (1, 2, 143, -15))

    def test_no_descriptors_left(self):
        command = ["prlimit", "--nofile=6", *self.command(kernel=self.guest(images.halts()))]
        self.assert_refused(command, 1, "Too many open files")
