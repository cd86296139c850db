# SPDX-License-Identifier: Apache-2.0
"""Wrong usage: options and configuration files. One line, exit status 2, before /dev/kvm is
opened. The kernel that is named exists, so that it cannot be what takt complains about."""

import os

import images
from harness import TaktTest, takt_bin


class Options(TaktTest):
    def refused(self, *arguments, says):
        command = self.command(*arguments, kernel=self.guest(images.halts()))
        return self.assert_refused(command, 2, *says)

    def test_an_unknown_option(self):
        self.refused("--kernal", "x", says=["--kernal"])

    def test_an_option_without_its_value(self):
        self.refused("--initrd", says=["--initrd"])

    def test_two_files(self):
        self.refused("a.toml", "b.toml", says=["b.toml"])

    def test_no_subcommand(self):
        self.assert_refused([takt_bin], 2, "run")

    def test_an_unknown_subcommand(self):
        self.assert_refused([takt_bin, "walk"], 2, "unknown command 'walk'; commands are run, check, config")

    def test_no_kernel(self):
        self.assert_refused(self.command(), 2, "kernel", "--kernel")

    def test_an_empty_kernel_name(self):
        self.assert_refused([takt_bin, "run", "--kernel", ""], 2, "kernel")

    def test_memory_that_is_no_size(self):
        self.refused("--memory", "lots", says=["memory", "lots", "512M"])

    def test_memory_with_a_wrong_suffix(self):
        self.refused("--memory", "512MB", says=["memory", "512MB", "512M"])

    def test_memory_of_zero(self):
        self.refused("--memory", "0", says=["memory", "1M"])

    def test_memory_below_zero(self):
        self.refused("--memory=-1G", says=["memory", "-1G"])

    def test_memory_in_broken_pages(self):
        self.refused("--memory", "2097153", says=["memory", "2097153"])

    def test_memory_beyond_every_machine(self):
        self.refused("--memory", "17T", says=["memory", "17T", "16T"])

    def test_memory_that_overflows(self):
        self.refused("--memory", "18446744073709551616", says=["memory"])

    def test_memory_that_does_not_fit_huge_pages(self):
        self.refused("--memory", "3M", "--hugepages", "2M", says=["memory", "2 MiB"])

    def test_no_cpus(self):
        self.refused("--cpus", "0", says=["cpus", "'0'", "1"])

    def test_too_many_cpus(self):
        self.refused("--cpus", "5000", says=["cpus", "5000"])

    def test_cpus_that_are_no_number(self):
        self.refused("--cpus", "two", says=["cpus", "two"])

    def test_a_vcpu_that_the_vm_does_not_have(self):
        self.refused("--vcpu", "1:cpu=0", says=["vcpu 1", "cpus = 1"])

    def test_a_vcpu_on_a_cpu_that_the_machine_does_not_have(self):
        self.refused("--vcpu", "0:cpu=1000", says=["vcpu 0", "1000", "online"])

    def test_a_cpu_number_beyond_what_linux_has(self):
        self.refused("--vcpu", "0:cpu=4000", says=["cpu", "4000"])

    def test_a_cpu_list_of_which_a_part_is_outside_the_machine(self):
        self.refused("--vcpu", "0:cpu=0-1000", says=["vcpu 0", "online"])

    def test_a_cpu_list_backwards(self):
        self.refused("--vcpu", "0:cpu=1-0", says=["vcpu", "1-0"])

    def test_an_empty_cpu_list(self):
        self.refused("--vcpu", "0:cpu=", says=["vcpu", "0:cpu="])

    def test_a_vcpu_without_a_number(self):
        self.refused("--vcpu", "cpu=0", says=["vcpu", "cpu=0", "N:KEY=VALUE"])

    def test_a_vcpu_with_nothing_to_do(self):
        self.refused("--vcpu", "0:", says=["vcpu", "N:KEY=VALUE"])

    def test_a_vcpu_with_an_unknown_key(self):
        self.refused("--vcpu", "0:core=1", says=["core", "cpu, policy, priority"])

    def test_a_vcpu_key_without_a_value(self):
        self.refused("--vcpu", "0:cpu", says=["cpu", "KEY=VALUE"])

    def test_an_unknown_policy(self):
        self.refused("--vcpu", "0:policy=deadline", says=["deadline", "fifo"])

    def test_a_policy_without_a_priority(self):
        self.refused("--vcpu", "0:policy=fifo", says=["vcpu 0", "fifo", "priority"])

    def test_a_priority_without_a_policy(self):
        self.refused("--vcpu", "0:priority=10", says=["vcpu 0", "10", "policy"])

    def test_a_priority_out_of_range(self):
        self.refused("--vcpu", "0:policy=fifo,priority=100", says=["100", "99"])

    def test_an_unknown_server(self):
        self.refused("--server", "disk:cpu=0", says=["disk", "console"])

    def test_an_unknown_rt_mode(self):
        self.refused("--rt-mode", "maybe", says=["rt-mode", "maybe", "strict", "best-effort"])

    def test_an_unknown_console(self):
        self.refused("--console", "tty", says=["console", "tty", "stdio"])

    def test_a_console_file_without_a_name(self):
        self.refused("--console", "file:", says=["console", "file:PATH"])

    def test_two_consoles_on_stdio(self):
        self.refused("--debug-console", "stdio", says=["debug-console", "stdio", "file:PATH"])

    def test_an_unknown_exit_to_disable(self):
        self.refused("--disable-exits", "hlt,sti", says=["disable-exits", "hlt,sti", "mwait"])

    def test_an_unknown_page_size(self):
        self.refused("--hugepages", "4M", says=["hugepages", "4M", "2M", "1G"])

    def test_an_unknown_switch(self):
        self.refused("--mlock", "yes", says=["mlock", "yes", "on, off, auto"])

    def test_a_halt_poll_out_of_range(self):
        self.refused("--halt-poll-ns", "10000000000", says=["halt-poll-ns"])

    def test_a_control_character_does_not_reach_the_terminal(self):
        self.refused("--memory", "\x1b[2J5", says=["memory"])

    def test_a_line_break_does_not_make_two_lines(self):
        self.refused("--console", "tty\nnext", says=["console"])

    def test_help_is_status_0_on_stdout(self):
        ended = self.run_to_end([takt_bin, "run", "--help"])
        self.assert_status(ended, 0)
        self.assert_silent(ended)
        for word in b"--kernel", b"--vcpu", b"Exit status":
            self.assertIn(word, ended.stdout, ended)

    def test_version_is_status_0_on_stdout(self):
        ended = self.run_to_end([takt_bin, "--version"])
        self.assert_status(ended, 0)
        self.assertRegex(ended.stdout, rb"^takt [0-9]+\.[0-9]+\.[0-9]+ \([0-9a-f]{12}\+?\)\n$", ended)


class File(TaktTest):
    def refused(self, text, *says):
        path = self.file("vm.toml", text)
        return self.assert_refused([takt_bin, "run", path], 2, *says)

    def test_a_missing_file(self):
        self.assert_refused([takt_bin, "run", "/nonexistent/vm.toml"], 2, "/nonexistent/vm.toml",
                            "No such file or directory")

    def test_a_directory(self):
        self.assert_refused([takt_bin, "run", str(self.files)], 2, str(self.files))

    def test_a_fifo_does_not_block(self):
        path = self.files / "fifo"
        os.mkfifo(path)
        self.assert_refused([takt_bin, "run", str(path)], 2, str(path))

    def test_an_empty_file_names_no_kernel(self):
        self.refused("", "kernel")

    def test_an_unknown_key_with_its_line_and_a_suggestion(self):
        self.refused('kernel = "k"\n\nmemroy = "1G"\n', "vm.toml:3:", "memroy", "'memory'")

    def test_an_unknown_key_like_no_other(self):
        self.refused('frobnicate = 1\n', "vm.toml:1:", "frobnicate", "kernel")

    def test_broken_toml_with_its_line(self):
        self.refused('kernel = "k"\nmemory = = 1\n', "vm.toml:2:")

    def test_a_string_that_does_not_end(self):
        self.refused('kernel = "k\nmemory = "1G"\n', "vm.toml:1:")

    def test_a_binary_file(self):
        self.refused(bytes(range(256)) * 16, "vm.toml:")

    def test_a_kernel_given_as_the_file(self):
        path = self.guest(images.halts())
        self.assert_refused([takt_bin, "run", path], 2, path)

    def test_a_key_given_twice(self):
        self.refused('kernel = "a"\nkernel = "b"\n', "vm.toml:2:")

    def test_a_number_where_a_name_is_wanted_is_its_text(self):
        self.refused("kernel = 7\n", "kernel", "No such file")

    def test_a_list_where_one_value_is_wanted(self):
        self.refused('kernel = ["a", "b"]\n', "vm.toml:1:", "kernel", "one value")

    def test_a_table_where_one_value_is_wanted(self):
        self.refused('[memory]\nsize = 1\n', "vm.toml:1:", "memory", "one value")

    def test_a_fraction_where_a_number_is_wanted(self):
        self.refused('kernel = "k"\ncpus = 1.5\n', "vm.toml:2:", "cpus")

    def test_a_date(self):
        self.refused('kernel = "k"\nmemory = 2026-01-01\n', "vm.toml:2:", "memory")

    def test_a_value_out_of_range_with_key_value_and_what_is_allowed(self):
        self.refused('kernel = "k"\ncpus = 0\n', "vm.toml:2:", "cpus", "'0'", "1 to 4096")

    def test_a_word_where_a_switch_is_wanted(self):
        self.refused('kernel = "k"\ntestdev = "perhaps"\n', "vm.toml:2:", "testdev", "perhaps")

    def test_a_placement_with_an_unknown_key(self):
        self.refused('kernel = "k"\n[vcpu.0]\ncore = 1\n', "vm.toml:", "core",
                     "cpu, policy, priority")

    def test_a_placement_of_a_vcpu_that_is_not_there(self):
        self.refused('kernel = "k"\n[vcpu.7]\ncpu = 0\n', "vcpu 7")

    def test_a_nesting_without_end(self):
        self.refused("kernel = " + "[" * 100000, "vm.toml:1:")


class DumpAcpi(TaktTest):
    def dump(self, *arguments):
        return self.command("--dump-acpi", str(self.files / "acpi"), *arguments,
                            kernel=self.guest(images.halts()))

    def test_tables_are_written_and_the_guest_is_not_started(self):
        ended = self.run_to_end(self.dump("--cpus", "3"))
        self.assert_status(ended, 0)
        self.assertEqual(ended.stdout, b"", ended)
        self.assertTrue(any("dsdt" in n.lower() for n in os.listdir(self.files / "acpi")), ended)

    def test_an_existing_dump_is_not_mixed_with_a_new_one(self):
        self.assert_status(self.run_to_end(self.dump()), 0)
        before = self.content()
        ended = self.run_to_end(self.dump("--cpus", "2"))
        if ended.status == 0:  # written anew, as a whole
            names = set(before) | set(self.content())
            self.assertEqual(set(before), names, ended)
        else:
            self.assert_one_line(ended, "acpi")
            self.assertEqual(self.content(), before, ended)

    def test_a_directory_that_cannot_be_made(self):
        command = self.command("--dump-acpi", "/nonexistent/acpi", kernel=self.guest(images.halts()))
        ended = self.run_to_end(command)
        self.assertIn(ended.status, (1, 2), ended)
        self.assert_one_line(ended, "/nonexistent/acpi", "No such file or directory")

    def test_a_file_where_the_directory_should_be(self):
        self.file("acpi", "not a directory")
        ended = self.run_to_end(self.dump())
        self.assertIn(ended.status, (1, 2), ended)
        self.assert_one_line(ended, "acpi")

    def content(self):
        return {p.name: p.read_bytes() for p in (self.files / "acpi").iterdir()}
