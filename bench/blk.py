#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdicts and JSON of bench `blk`, from lab/jobs/blk.sh's results: one directory for each seed.
Figures are means of the seeds, maxima of all."""

import argparse
import json
import pathlib

from takt_bench import (Latency, Verdicts, add_document_options, device_document, figures, print_table,
                        read_cyclictest, read_text, write_json)

CASES = ("takt", "qemu-iothread", "qemu-io_uring", "qemu-threads")
KINDS = tuple(f"{rw}-{depth}" for rw in ("randread", "randwrite") for depth in (1, 32))
GROWTH_US = 2
TIMERS = {"quiet": "quiet", "spin": "other CPUs spin, no disk", "busy": "fio"}


def of_fio(directory, case, kind):
    text = read_text(directory / f"{case}.{kind}.json")
    job = json.loads(text[text.index("{"):])["jobs"][0]
    side = job["read" if "read" in kind else "write"]
    if job["error"] or not side["total_ios"]:
        raise SystemExit(f"{directory}: {case}, {kind}: fio failed with error {job['error']}")
    return side


def row_of(arguments, case, kind):
    sides = [of_fio(directory, case, kind) for directory in arguments.raw]
    cpu = [int(read_text(directory / f"{case}.{kind}.cpu")) / 1000 / arguments.ios for directory in arguments.raw]
    percentiles = [side["clat_ns"]["percentile"] for side in sides]
    vmm, _, way = case.partition("-")
    return {"vmm": vmm, "case": f"{way or 'disk'}-{kind}", "kind": kind, "unit": "IOPS",
            **figures([side["iops"] for side in sides]),
            "clat_us": {name: round(max(p[f"{float(name):.6f}"] for p in percentiles) / 1000, 1) for name in ("50", "99", "99.9")},
            "clat_max_us": round(max(side["clat_ns"]["max"] for side in sides) / 1000, 1),
            "cpu_us_per_io": figures(cpu)}


def timer_of(arguments, case, load):
    latency = Latency()
    for directory in arguments.raw:
        latency.merge(read_cyclictest(directory / f"{case}.{load}.hist"))
    vmm, _, way = case.partition("-")
    return {"vmm": vmm, "case": f"{way or 'disk'}-timer-{load}", "unit": "us", **latency.row()}


def judge(rows, timers, places):
    verdicts = Verdicts()
    peers = [case for case in CASES if case.startswith("qemu") and (case, KINDS[0]) in rows]
    for kind in KINDS if "takt" in {case for case, _ in rows} and peers else ():
        ours = rows["takt", kind]
        best = max(peers, key=lambda case, kind=kind: rows[case, kind]["avg"])
        theirs = rows[best, kind]
        verdicts.check(ours["avg"] >= theirs["avg"], f"{kind}: {ours['avg']:.0f} IOPS, {best}'s {theirs['avg']:.0f}, its best")
    said = verdicts.check if places == "own" else verdicts.goal
    for base in ("quiet", "spin"):
        if ("takt", base) in timers:
            least, busy = timers["takt", base]["max"], timers["takt", "busy"]["max"]
            said(busy - least <= GROWTH_US, f"timer beside fio: max {busy} us, {base} {least} us, grows by <= {GROWTH_US} us"
                                            + ("" if places == "own" else " (on the CPU that has the disk)"))
    verdicts.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_document_options(parser)
    parser.add_argument("--ios", type=int, required=True, help="requests of each measurement")
    parser.add_argument("--places", required=True, help="one: the timer's CPU has the disk; own: it has not")
    parser.add_argument("raw", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    cases = [case for case in CASES if (arguments.raw[0] / f"{case}.{KINDS[0]}.json").exists()]
    rows = {(case, kind): row_of(arguments, case, kind) for case in cases for kind in KINDS}
    timers = {(case, load): timer_of(arguments, case, load) for case in cases for load in TIMERS
              if (arguments.raw[0] / f"{case}.{load}.hist").exists()}
    print_table(["4 KiB", "IOPS", "us: 50%", "99%", "99.9%", "max", "CPU us each"],
                [cells for kind in KINDS for cells in [None] + [
                    [f"{kind} {case}", round(row["avg"]), *row["clat_us"].values(), row["clat_max_us"], row["cpu_us_per_io"]["avg"]]
                    for case in cases for row in [rows[case, kind]]]][1:])
    print()
    print_table(["timer of the guest, us", "min", "avg", "p99", "max"],
                [[f"{case}, {TIMERS[load]}", row["min"], row["avg"], row["p99"], row["max"]] for (case, load), row in timers.items()])
    write_json(arguments.json, device_document("blk", arguments, [*rows.values(), *timers.values()]))
    judge(rows, timers, arguments.places)


if __name__ == "__main__":
    main()
