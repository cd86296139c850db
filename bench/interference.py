#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdict and JSON of bench `interference`: the probe's timer line of each case, one directory
for each seed. Figures are ns; min and max over all seeds, avg their mean."""

import argparse
import pathlib
import re
import time

from takt_bench import Verdicts, add_document_options, print_table, read_text, takt_version, write_json

BAR_NS = 2000
# `host` is none of takt's: how much any thread in any system call makes the vCPU later.
CASES = {
    "quiet": "nothing else",
    "host": "two processes of the host and a pipe",
    "slow": "the second vCPU hammers a slow device",
    "console": "it floods the console",
    "polled": "statistics at 100 Hz, the table published at 10 Hz",
    "all": "all of it",
}
LINE = re.compile(r"name=timer unit=ns count=(\d+) min=(\d+) avg=(\d+) p99=(\d+) max=(\d+)")


def row_of(directories, case):
    runs = [LINE.search(read_text(directory / f"{case}.console")) for directory in directories]
    if not all(runs):
        raise SystemExit(f"{case}: no timer line from the probe")
    count, least, avg, p99, most = zip(*[[int(value) for value in run.groups()] for run in runs])
    return {"vmm": "takt", "case": case, "unit": "ns", "min": min(least),
            "avg": round(sum(avg) / len(avg)), "p99": max(p99), "max": max(most),
            "max_of_each_run": list(most), "samples": sum(count)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_document_options(parser)
    parser.add_argument("raw", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    rows = {case: row_of(arguments.raw, case) for case in CASES}
    polled = sum(int(read_text(directory / "all.polled", "0")) for directory in arguments.raw)
    print_table(["timer of the real-time vCPU, ns", "min", "avg", "p99", "max", "samples", "max grows by"],
                [[CASES[case], row["min"], row["avg"], row["p99"], row["max"], row["samples"],
                  row["max"] - rows["quiet"]["max"]] for case, row in rows.items()])
    write_json(arguments.json, {
        "bench": "interference", "arch": arguments.arch, "mode": "deterministic", "host": None,
        "results": list(rows.values()), "kernel": read_text(arguments.raw[0] / "kernel"),
        "command": arguments.command, "takt": takt_version(arguments.takt),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    })
    verdicts = Verdicts()
    for case in list(CASES)[2:]:
        grown = rows[case]["max"] - rows["quiet"]["max"]
        verdicts.check(grown <= BAR_NS, f"max grows by <= {BAR_NS} ns: {case}: {grown} ns")
    verdicts.check(polled > 0, f"statistics were polled: {polled} times")
    verdicts.finish()


if __name__ == "__main__":
    main()
