#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdicts and JSON of bench `dispatch`, from Google Benchmark's JSON.

A sample is one repetition: CPU time of the thread per access. CPU time, because other programs on
this machine take wall time and not CPU time; what they still do to caches and to the other hardware
thread is in the spread, and in the minimum it is smallest.
"""

import argparse
import json
import platform
import time

from takt_bench import (Verdicts, add_document_options, figures, print_table, takt_version,
                        write_json)

BAR_NS = 30
# Two threads on caches, a clock and perhaps a core that they share with whatever else runs.
NOISE = 1.15


def samples_of(raw):
    samples = {}
    for run in raw["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        bus, operation, devices, threads = run["run_name"].split("/")
        case = (operation, int(devices), int(threads.split(":")[1]))
        samples.setdefault((bus, case), []).append(run["cpu_time"])
    return samples


def row_of(bus, case, times):
    return {
        "vmm": "takt" if bus == "takt" else "std::map + mutex",
        "case": f"{case[0]}, {case[1]} devices, {case[2]} thread{'s' * (case[2] > 1)}",
        "unit": "ns",
        **figures(times),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_document_options(parser)
    parser.add_argument("raw")
    arguments = parser.parse_args()
    with open(arguments.raw, encoding="utf-8") as file:
        raw = json.load(file)
    samples = samples_of(raw)
    cases = sorted({case for _, case in samples})
    rows = {key: row_of(*key, times) for key, times in samples.items()}

    table = []
    for case in cases:
        ours, peer = rows["takt", case], rows["map+mutex", case]
        table.append([ours["case"], ours["min"], ours["avg"], ours["p99"], ours["max"],
                      peer["min"], peer["avg"], peer["avg"] / ours["avg"]])
    print_table(["ns per access (CPU time)", "min", "avg", "p99", "max", "peer min", "peer avg",
                 "ratio"], table)
    print("peer: std::map and a mutex; ratio: peer's avg to takt's")

    write_json(arguments.json, {
        "bench": "dispatch",
        "arch": platform.machine(),
        "mode": "native",
        "host": None,
        "results": [rows[bus, case] for case in cases for bus in ("takt", "map+mutex")],
        "kernel": platform.release(),
        "command": arguments.command,
        "takt": takt_version(arguments.takt),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    })

    verdicts = Verdicts()
    worst = max((rows["takt", case] for case in cases), key=lambda row: row["avg"])
    verdicts.check(worst["avg"] <= BAR_NS,
                   f"<= {BAR_NS} ns per access: {worst['avg']} ns at worst ({worst['case']})")
    for case in cases:
        if case[2] != 2:
            continue
        one, two = rows["takt", (*case[:2], 1)]["min"], rows["takt", case]["min"]
        verdicts.check(two <= one * NOISE,
                       f"no slowdown from the second thread: {case[0]}, {case[1]} devices: "
                       f"{one} -> {two} ns (min; noise taken as {NOISE - 1:.0%})")
    verdicts.finish()


if __name__ == "__main__":
    main()
