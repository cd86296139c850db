#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdicts and JSON of bench `neighbours`, from lab/jobs/neighbours.sh's results: one directory for
each seed, with VMM.LOAD.hist."""

import argparse
import pathlib

from takt_bench import (Latency, Verdicts, add_document_options, device_document, print_table, read_cyclictest,
                        write_json)

LOADS = {"quiet": "nothing else", "spin": "other CPUs spin, no device", "disk": "block I/O", "net": "ping flood", "console": "console output",
         "balloon": "balloon to and fro", "all": "all of it"}
FACTOR = 1.3


def row_of(directories, vmm, load):
    latency, maxima = Latency(), []
    for directory in directories:
        one = read_cyclictest(directory / f"{vmm}.{load}.hist")
        latency.merge(one)
        maxima.append(one.max)
    return {"vmm": vmm, "case": load, "unit": "us", **latency.row(), "max_of_each_run": maxima,
            "control_max": control_of(directories, vmm, load),
            "histogram": {str(value): latency.counts[value] for value in sorted(latency.counts)}}


def control_of(directories, vmm, load):
    """The worst of a host thread alone on its CPU, us: how late the lab itself is. None without one."""
    files = [directory / f"{vmm}.{load}.control.hist" for directory in directories]
    return max(read_cyclictest(file).max for file in files) if all(file.exists() for file in files) else None


def judge(rows, places):
    verdicts = Verdicts()
    for vmm in ("takt", "qemu"):
        for base in ("quiet", "spin"):
            if (vmm, "all") not in rows or (vmm, base) not in rows:
                continue
            least, busy = rows[vmm, base]["max"], rows[vmm, "all"]["max"]
            said = verdicts.check if (vmm, places) == ("takt", "own") else verdicts.goal
            said(busy <= FACTOR * least, f"{vmm}: max {busy} us with all of it, {FACTOR} x {base} = {FACTOR * least:.1f} us")
    if ("takt", "all") in rows and ("qemu", "all") in rows:
        ours, theirs = rows["takt", "all"]["max"], rows["qemu", "all"]["max"]
        verdicts.check(ours <= theirs, f"all of it: max {ours} us, QEMU's {theirs} us")
    controls = [row["control_max"] for row in rows.values() if row["control_max"] is not None]
    if controls:
        verdicts.say(f"a host thread alone on its CPU was up to {max(controls)} us late: so late the lab is itself, now and then")
    verdicts.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_document_options(parser)
    parser.add_argument("--places", required=True, help="one: the timer's CPU has the devices; own: it has not")
    parser.add_argument("raw", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    rows = {(vmm, load): row_of(arguments.raw, vmm, load) for vmm in ("takt", "qemu") for load in LOADS
            if (arguments.raw[0] / f"{vmm}.{load}.hist").exists()}
    print_table(["timer of the guest's real-time CPU, us", "min", "avg", "p99", "max", "samples", "host thread alone: max"],
                [[f"{vmm}: {LOADS[load]}", row["min"], row["avg"], row["p99"], row["max"], row["samples"], row["control_max"] or "-"]
                 for (vmm, load), row in rows.items()])
    write_json(arguments.json, device_document("neighbours", arguments, list(rows.values())))
    judge(rows, arguments.places)


if __name__ == "__main__":
    main()
