#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdict and JSON of bench `recorder`, from Google Benchmark's JSON. A sample is one
repetition: CPU time of the thread per exit."""

import argparse
import json
import math
import platform
import time

from takt_bench import Verdicts, print_table, takt_version, write_json

BAR_NS = 40


def row_of(case, times):
    times = sorted(times)
    return {"vmm": "takt", "case": f"recorder {case}", "unit": "ns", "min": round(times[0], 2),
            "avg": round(sum(times) / len(times), 2),
            "p99": round(times[math.ceil(0.99 * len(times)) - 1], 2), "max": round(times[-1], 2),
            "samples": len(times)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", required=True)
    parser.add_argument("--takt", help="the program, for its version")
    parser.add_argument("--command", default="")
    parser.add_argument("raw")
    arguments = parser.parse_args()
    with open(arguments.raw, encoding="utf-8") as file:
        runs = [run for run in json.load(file)["benchmarks"] if run["run_type"] == "iteration"]
    rows = {case: row_of(case, [run["cpu_time"] for run in runs if run["run_name"] == case])
            for case in ("off", "on")}
    print_table(["ns per exit (CPU time)", "min", "avg", "p99", "max"],
                [[row["case"], row["min"], row["avg"], row["p99"], row["max"]] for row in rows.values()])
    write_json(arguments.json, {
        "bench": "recorder", "arch": platform.machine(), "mode": "native", "host": None,
        "results": list(rows.values()), "kernel": platform.release(), "command": arguments.command,
        "takt": takt_version(arguments.takt),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    })
    added = round(rows["on"]["avg"] - rows["off"]["avg"], 2)
    verdicts = Verdicts()
    verdicts.check(added <= BAR_NS, f"<= {BAR_NS} ns per exit: {added} ns (avg)")
    verdicts.finish()


if __name__ == "__main__":
    main()
