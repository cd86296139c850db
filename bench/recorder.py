#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdict and JSON of bench `recorder`, from Google Benchmark's JSON. A sample is one
repetition: CPU time of the thread per exit."""

import argparse
import json
import platform
import time

from takt_bench import (Verdicts, add_document_options, figures, print_table, takt_version,
                        write_json)

BAR_NS = 40


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_document_options(parser)
    parser.add_argument("raw")
    arguments = parser.parse_args()
    with open(arguments.raw, encoding="utf-8") as file:
        runs = [run for run in json.load(file)["benchmarks"] if run["run_type"] == "iteration"]
    rows = {case: {"vmm": "takt", "case": f"recorder {case}", "unit": "ns",
                   **figures([run["cpu_time"] for run in runs if run["run_name"] == case])}
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
