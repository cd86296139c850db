# SPDX-License-Identifier: Apache-2.0
"""takt check: its wrong usage, recorded hosts, and this machine, with or without /dev/kvm."""

import json
import os
import pathlib
import subprocess

from harness import TaktTest, repo, takt_bin

recorded = pathlib.Path(repo) / "src" / "check" / "testdata"


class WrongUsage(TaktTest):
    def refused(self, *arguments, says, status=2):
        return self.assert_refused([takt_bin, "check", *arguments], status, *says)

    def test_an_unknown_option(self):
        self.refused("--jsno", says=["--jsno", "takt check --help"])

    def test_an_argument_too_many(self):
        self.refused("vm.toml", says=["vm.toml"])

    def test_an_option_without_its_value(self):
        self.refused("--for", says=["--for"])

    def test_a_vm_file_that_does_not_exist(self):
        self.refused("--for", "/nonexistent/vm.toml", says=["/nonexistent/vm.toml", "No such file"])

    def test_a_vm_file_with_an_unknown_key(self):
        self.refused("--for", self.file("vm.toml", "memroy = 1\n"), says=["vm.toml:1:", "memroy"])

    def test_a_vm_that_wants_a_cpu_which_the_host_lacks(self):
        vm = self.file("vm.toml", '[vcpu.0]\ncpu = "1000"\n')
        self.refused("--for", vm, says=["1000", "online"])

    def test_a_vm_with_a_priority_outside_its_policy(self):
        vm = self.file("vm.toml", '[vcpu.0]\ncpu = "0"\npriority = 80\n')
        self.refused("--for", vm, says=["vm.toml: vcpu 0: priority 80", "policy=fifo"])

    def test_a_vm_that_wants_a_cpu_which_the_recorded_host_lacks(self):
        vm = self.file("vm.toml", '[vcpu.0]\ncpu = "7"\n')
        self.refused("--root", str(recorded / "lab-x86"), "--for", vm, says=["vm.toml: vcpu 0: cpu 7", "online: 0-1"])

    def test_a_root_that_does_not_exist(self):
        self.refused("--root", "/nonexistent", says=["root", "/nonexistent", "not a directory"])

    def test_a_root_that_is_a_file(self):
        self.refused("--root", self.file("root", ""), says=["root", "not a directory"])

    def test_a_root_that_is_no_recording(self):
        self.refused("--root", str(self.files), says=["root", "--record"])

    def test_a_recording_goes_with_nothing_else(self):
        self.refused("--record", "new", "--json", says=["record", "--json"])

    def test_a_recording_does_not_overwrite(self):
        self.file("mine", "x")
        self.refused("--record", str(self.files), says=["record", "not empty"])
        self.assertEqual(os.listdir(self.files), ["mine"])

    def test_a_recording_where_nothing_can_be_written(self):
        self.refused("--record", "/proc/new", says=["record", "/proc/new"], status=1)


class Report(TaktTest):
    def check(self, *arguments, **how):
        ended = self.run_to_end([takt_bin, "check", *arguments], **how)
        self.assertIn(ended.status, (0, 1), ended)
        self.assert_silent(ended)
        return ended

    def test_of_this_machine_is_json(self):
        ended = self.check("--json")
        report = json.loads(ended.stdout)
        verdicts = {row["verdict"] for row in report["rows"]}
        self.assertLessEqual(verdicts, {"PASS", "WARN", "FAIL", "n.a."})
        self.assertEqual(ended.status, 1 if "FAIL" in verdicts else 0, ended)
        self.assertEqual(len(report["delivery"]), 7)

    def test_in_a_pipe_has_no_colour_and_fits(self):
        ended = self.check(env=dict(os.environ, TERM="xterm"))
        self.assertNotIn(b"\x1b", ended.stdout)
        self.assertLessEqual(max(map(len, ended.lines)), 120)

    def test_of_each_recorded_host_is_the_same_on_each_machine(self):
        for host, machine in ("lab-x86", "x86_64"), ("lab-arm64", "aarch64"), ("cloud-x86", "x86_64"):
            report = json.loads(self.check("--root", str(recorded / host), "--json").stdout)
            self.assertEqual(report["host"]["machine"], machine)
            names = [row["name"] for row in report["rows"]]
            self.assertIn("preempt-rt", names)
            self.assertEqual("tsc-invariant" in names, machine == "x86_64")
            self.assertEqual("wfi-policy" in names, machine == "aarch64")

    def test_for_a_vm_looks_at_its_cpus(self):
        vm = self.file("vm.toml", 'name = "controller"\n[vcpu.0]\ncpu = "1"\npolicy = "fifo"\npriority = 80\n')
        report = json.loads(self.check("--root", str(recorded / "lab-x86"), "--for", vm, "--json").stdout)
        self.assertEqual(report["cpus"], "1")
        rows = {row["name"]: row for row in report["rows"]}
        self.assertEqual(rows["vm-placement"]["verdict"], "PASS")
        self.assertEqual(rows["isolated-cpus"]["verdict"], "PASS")

    def test_of_a_recording_of_this_machine_is_that_of_this_machine(self):
        directory = str(self.files / "recording")
        self.assert_status(self.run_to_end([takt_bin, "check", "--record", directory]), 0)
        live = json.loads(self.check("--json").stdout)
        again = json.loads(self.check("--json", "--root", directory).stdout)
        # Those of threads are of one moment, and counts go on.
        passing = {"threads", "interrupts"}
        verdicts = [{row["name"]: row["verdict"] for row in report["rows"] if row["topic"] not in passing}
                    for report in (live, again)]
        self.assertEqual(*verdicts)
        self.assertEqual(live["delivery"], again["delivery"])

    def test_of_a_recording_that_is_recorded_again(self):
        directory = str(self.files / "again")
        source = str(recorded / "lab-arm64")
        self.assert_status(self.run_to_end([takt_bin, "check", "--root", source, "--record", directory]), 0)
        self.assertEqual(self.check("--root", directory).stdout, self.check("--root", source).stdout)

    def test_a_reader_that_leaves_is_no_crash(self):
        command = f"set -o pipefail; {takt_bin} check --json | true"
        done = subprocess.run(["bash", "-c", command], capture_output=True, check=False, timeout=60)
        self.assertIn(done.returncode, (0, 1))
        self.assertEqual(done.stderr, b"")

    def test_help_is_status_0_on_stdout(self):
        ended = self.run_to_end([takt_bin, "check", "--help"])
        self.assert_status(ended, 0)
        for word in b"--for", b"--json", b"--root", b"--record", b"Exit status":
            self.assertIn(word, ended.stdout, ended)
