#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdict and JSON of bench `handover`, from the lines CASE TAB NANOSECONDS of its program."""

import argparse
import os
import platform
import time

from takt_bench import (Verdicts, add_document_options, figures, print_table, takt_version,
                        write_json)

BAR_NS = 150
JUDGED = "posted, server polls"
FLOOR = "a store and a fence"  # to a line that another CPU reads: no hand-over to a server that may sleep costs less
FLOOR_FACTOR = 1.5


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_document_options(parser)
    parser.add_argument("raw")
    arguments = parser.parse_args()
    samples = {}
    with open(arguments.raw, encoding="utf-8") as file:
        for line in file:
            case, value = line.rstrip("\n").split("\t")
            samples.setdefault(case, []).append(float(value))
    rows = [{"vmm": "takt", "case": case, "unit": "ns", **figures(values),
             "p50": sorted(values)[len(values) // 2]} for case, values in samples.items()]
    print_table(["ns on the vCPU's side", "min", "p50", "avg", "p99", "max"],
                [[row["case"], row["min"], row["p50"], row["avg"], row["p99"], row["max"]] for row in rows])
    write_json(arguments.json, {
        "bench": "handover", "arch": platform.machine(), "mode": "native", "host": None,
        "results": rows, "kernel": platform.release(), "command": arguments.command,
        "takt": takt_version(arguments.takt), "cpus": os.cpu_count(),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    })
    judged = next(row for row in rows if row["case"] == JUDGED)
    verdicts = Verdicts()
    verdicts.check(judged["p50"] <= BAR_NS, f"<= {BAR_NS} ns, posted: {judged['p50']} ns (p50)")
    floor = next(row for row in rows if row["case"] == FLOOR)
    verdicts.goal(judged["p50"] <= FLOOR_FACTOR * floor["p50"],
                  f"posted: {judged['p50']} ns, {FLOOR_FACTOR} x {FLOOR} on this machine, {floor['p50']} ns (p50)")
    verdicts.goal(judged["avg"] <= BAR_NS, f"<= {BAR_NS} ns, posted: {judged['avg']} ns (avg)")
    verdicts.finish()


if __name__ == "__main__":
    main()
