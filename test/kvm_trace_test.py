# SPDX-License-Identifier: Apache-2.0
"""--trace-file: what the threads of a VM did last, for ui.perfetto.dev."""

import json

import images
from harness import TaktTest, needs_kvm, needs_root
from trace_format import Trace


class Checker(TaktTest):
    """The tests' own tool finds what it is for."""

    def faults(self, *events):
        return Trace(json.dumps({"traceEvents": [{"pid": 1, "tid": 1, "name": "x", **e} for e in events]})).faults

    def test_slices_may_nest_and_follow_each_other(self):
        self.assertEqual(self.faults({"ph": "X", "ts": 0, "dur": 9}, {"ph": "X", "ts": 1, "dur": 2},
                                     {"ph": "B", "ts": 3}, {"ph": "E", "ts": 9}), [])

    def test_slices_may_not_overlap(self):
        (fault,) = self.faults({"ph": "X", "ts": 0, "dur": 9}, {"ph": "X", "ts": 1, "dur": 9})
        self.assertIn("overlaps", fault)

    def test_fields_and_partners_may_not_be_missing(self):
        for event in {"ph": "X", "ts": 0}, {"ph": "?", "ts": 0}, {"ph": "B", "ts": 0}, {"ph": "E", "ts": 0}, {"ph": "i"}:
            self.assertEqual(len(self.faults(event)), 1, event)

    def test_both_ends_of_a_flow_lie_in_slices(self):
        slice_ = {"ph": "X", "ts": 0, "dur": 9}
        begin = {"ph": "s", "ts": 5, "id": 0, "cat": "c"}
        self.assertEqual(self.faults(slice_, begin, {**begin, "ph": "f"}), [])
        self.assertEqual(len(self.faults(slice_, begin)), 1)
        self.assertEqual(len(self.faults(slice_, begin, {**begin, "ph": "f", "ts": 20})), 1)


@needs_kvm
class TraceFile(TaktTest):
    def trace(self, image, *arguments, status=1):
        path = self.files / "trace.json"
        ended = self.run_guest(image, "--trace-file", str(path), *arguments)
        self.assert_status(ended, status)
        self.assert_silent(ended)
        trace = Trace(path.read_text())
        self.assertEqual(trace.faults, [])
        return trace

    def test_each_exit_is_there_with_device_address_and_direction(self):
        trace = self.trace(images.writes(*[(0x80, n) for n in range(10)], (images.debug_exit, 0)))
        slices = trace.on("vcpu0")
        self.assertEqual([s["name"] for s in slices[:11]], ["pio write"] * 10 + ["pio write debug-exit"])
        self.assertEqual(slices[0]["args"], {"address": "0x80", "width": 1})
        times = [s["ts"] for s in slices]
        self.assertEqual(times, sorted(times))
        self.assertGreater(min(s["dur"] for s in slices), 0)

    def test_it_tells_how_far_back_it_goes(self):
        about = self.trace(images.says(b"hello"), "--name", "told").whole["otherData"]
        self.assertEqual(about["vm"], "told")
        rows = {row["name"]: row for row in about["threads"]}
        self.assertEqual(set(rows), {"vcpu0", "console"})
        self.assertTrue(rows["vcpu0"]["from_its_start"])
        self.assertLess(0, rows["vcpu0"]["goes_back_ms"])
        self.assertEqual(about["host"], {"missing": "trace-host is off"})

    def test_the_ring_is_written_over(self):
        many = images.Code().emit(0xB9, (5000).to_bytes(4, "little"))  # mov ecx, 5000
        many.emit(0xE6, 0x80, 0xE2, 0xFC)  # again: out 0x80, al; loop again
        trace = self.trace(many.exit(0).image())
        (row,) = [row for row in trace.whole["otherData"]["threads"] if row["name"] == "vcpu0"]
        self.assertEqual(row["records"], 4095)
        self.assertFalse(row["from_its_start"])

    def test_jobs_of_a_server_are_beside_the_exits_that_wait_for_them(self):
        trace = self.trace(images.says(b"ten letter"), "--device", "uart:access=server")
        jobs = trace.on("console")
        self.assertIn("job write uart", {job["name"] for job in jobs})
        waits = [s for s in trace.on("vcpu0") if s["name"] == "wait write uart"]
        self.assertEqual(len(waits), 10)
        exits = [s for s in trace.on("vcpu0") if s["name"] == "pio write uart"]
        for wait, around in zip(waits, exits, strict=True):
            self.assertLessEqual(around["ts"], wait["ts"])
            self.assertTrue(any(wait["ts"] <= job["ts"] + 0.001 and
                                job["ts"] + job["dur"] <= wait["ts"] + wait["dur"] + 0.001 for job in jobs))

    def test_posted_jobs_have_arrows_and_tell_how_long_they_lay(self):
        trace = self.trace(images.gives_work(jobs=5, ns=200_000), "--testdev")
        jobs = [job for job in trace.on("slow") if job["name"] == "job write slow"]
        self.assertEqual(len(jobs), 5)
        self.assertEqual(len(trace.on("slow", "f")), 5)
        self.assertEqual(len(trace.on("vcpu0", "s")), 5)
        for job in jobs:
            self.assertLessEqual(200, job["dur"])
            self.assertLessEqual(0, job["args"]["posted_before_us"])
        self.assertLess(100, jobs[-1]["args"]["posted_before_us"], "it lay behind the others")
        self.assertIn("slow waking up", trace.names())
        (wait,) = [s for s in trace.on("vcpu0") if s["name"] == "wait read slow"]
        self.assertLess(200, wait["dur"])

    def test_the_probe_with_its_interrupts(self):
        path = self.files / "trace.json"
        ended = self.run_probe("exit iterations=20 warmup=2 hist=off", "--testdev", "--trace-file", str(path),
                               "--device", "uart:access=server", timeout_s=120)
        self.assert_status(ended, 1)
        trace = Trace(path.read_text())
        self.assertEqual(trace.faults, [])
        self.assertLessEqual({"vcpu0", "console", "console waking up"}, set(trace.names()))

    def test_a_file_that_cannot_be_made_is_refused_before_the_guest_starts(self):
        self.assert_refused(self.command("--trace-file", "/nowhere/trace.json",
                                         kernel=self.guest(images.says(b"it runs"))), 2,
                            "trace-file", "/nowhere/trace.json", "No such file")

    def test_a_full_disk_is_told_and_changes_no_status(self):
        ended = self.run_guest(images.says(b"it runs", 3), "--trace-file", "/dev/full")
        self.assert_status(ended, 7)
        self.assert_one_line(ended, "trace-file", "/dev/full", "No space left")

    @needs_root
    def test_a_host_that_cannot_be_traced_is_an_error_in_strict_mode_only(self):
        guest = self.guest(images.says(b"it runs", 3))
        hidden = ["unshare", "--mount", "--", "sh", "-c",
                  "mount -t tmpfs none /sys/kernel && exec \"$@\"", "sh"]
        command = self.command("--trace-host", "on", kernel=guest)
        self.assert_refused([*hidden, *command], 1, "tracing the host", "mount -t tracefs")
        ended = self.run_to_end([*hidden, *command, "--rt-mode", "best-effort"])
        self.assert_status(ended, 7)
        self.assert_one_line(ended, "warning", "tracing the host")
