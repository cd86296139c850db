# SPDX-License-Identifier: Apache-2.0
"""--trace-host: the host's kernel beside the VM's threads, on a host whose kernel really traces. One job,
lab/trace.sh, in stress mode: no figures."""

import re

import images
from lab_harness import LabTest, arch, out_root, run_job
from trace_format import Trace


class HostTrace(LabTest):
    @classmethod
    def setUpClass(cls):
        more = []
        if arch == "x86":
            out_root.mkdir(parents=True, exist_ok=True)
            spins = out_root / "spins.bin"
            spins.write_bytes(images.spins())
            more = ["--add", f"{spins}:/spins"]
        cls.out = run_job("trace", "trace.sh", "--mode", "stress", *more)
        cls.trace = Trace(cls.text(cls, "trace.json"))

    def test_it_is_a_trace(self):
        self.assert_status("trace", 0)
        self.assertEqual(self.trace.faults[:10], [])

    def test_the_vcpu_runs_on_its_cpu_and_no_other(self):
        # Priority 120: an ordinary thread yet, on its way to where it is put.
        on_its = [s for s in self.trace.on("CPU 1") if s["name"] == "vcpu0"]
        self.assertGreater(len(on_its), 0)
        self.assertGreater(sum(s["dur"] for s in on_its), 1000, "us")
        self.assertEqual([s for s in self.trace.on("CPU 0") if s["name"] == "vcpu0" and s["args"]["prio"] != "120"], [])
        tid = self.trace.names()["vcpu0"][1]
        self.assertEqual({s["args"]["tid"] for s in on_its if "tid" in s["args"]}, {str(tid)})

    def test_exits_to_takt_are_while_the_vcpu_runs(self):
        """Both clocks tell the same time: the host's is cut to microseconds."""
        runs = [(s["ts"] - 1, s["ts"] + s["dur"] + 1) for s in self.trace.on("CPU 1") if s["name"] == "vcpu0"]
        begin = runs[0][0]
        exits = [s for s in self.trace.on("vcpu0") if s["ts"] > begin]
        self.assertGreater(len(exits), 10)
        outside = [s for s in exits if not any(b <= s["ts"] <= e for b, e in runs)]
        self.assertLessEqual(len(outside), len(exits) // 100, outside[:5])

    def test_times_in_the_guest_end_with_a_reason(self):
        inside = self.trace.on("vcpu0 in the guest")
        self.assertGreater(len(inside), 100)
        self.assertRegex(inside[0]["args"]["exit"], r"reason|HSR_EC|IRQ")

    def test_exits_to_takt_are_outside_of_the_guest(self):
        inside = [(s["ts"] + 1, s["ts"] + s["dur"] - 1) for s in self.trace.on("vcpu0 in the guest")]
        exits = [s for s in self.trace.on("vcpu0") if not s["name"].startswith("wait")]
        wrong = [s for s in exits if any(b <= s["ts"] <= e for b, e in inside)]
        self.assertLessEqual(len(wrong), len(exits) // 100, wrong[:5])

    def test_the_hosts_interrupts_are_there(self):
        names = {s["name"] for s in self.trace.on("CPU 0 interrupts") + self.trace.on("CPU 1 interrupts")}
        self.assertTrue(any(re.match(r"local timer|irq \d+ \S*(arch_)?timer", name) for name in names), names)

    def test_nothing_is_left_in_the_tracer(self):
        self.assertEqual(self.text("instances.after"), "")

    def test_what_a_killed_takt_leaves_the_next_one_removes(self):
        self.assertRegex(self.text("instances.running"), r"\Atakt-takt-\d+\n\Z")
        self.assertEqual(self.text("instances.killed"), self.text("instances.running"))
        self.assert_status("beside", 0)
        self.assertEqual(self.text("instances.cleaned"), "")

    def test_tracing_starts_beside_a_vcpu_that_never_leaves_its_cpu(self):
        self.assert_status("beside", 0)
        trace = Trace(self.text("beside.json"))
        self.assertEqual(trace.faults[:10], [])
        self.assertGreater(len(trace.on("vcpu0 in the guest")), 10)
