#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdicts and JSON of bench `exit`, from the probe guest's reports (guest/README.md).

DIR holds VMM.ROUND.console files: bare, takt, and QEMU variants. In the lab a figure is exact and
the averages are compared; on a machine where other programs run, the minima, which those disturb
least. Nothing is subtracted: case `none` is what measuring costs, in every other case as well.
"""

import argparse
import glob
import os
import re
import time

from takt_bench import (Verdicts, add_document_options, print_table, read_text, takt_version,
                        write_json)

CASES = ["none", "pio_write", "pio_read", "pio_test_write", "pio_test_read", "mmio_write",
         "mmio_read", "cpuid", "ioeventfd"]
# Decided by the VMM's own code. The others are answered by KVM, or measure the probe.
VMM_CASES = CASES[1:7]
TRIVIAL = "pio_test_write"
MARGIN = 1.10


def read_reports(directory):
    """(vmm, case) -> list of dicts, one for each round."""
    reports = {}
    for path in sorted(glob.glob(os.path.join(directory, "*.console"))):
        vmm = os.path.basename(path).split(".")[0]
        for line in read_text(path).splitlines():
            if not line.startswith("result "):
                continue
            fields = dict(re.findall(r"(\w+)=(\S+)", line))
            numbers = {key: int(fields[key]) for key in ("count", "min", "avg", "p99", "max")}
            reports.setdefault((vmm, fields["name"]), []).append(numbers)
    return reports


def merge(vmm, case, rounds):
    count = sum(r["count"] for r in rounds)
    return {
        "vmm": "qemu" if "microvm" in vmm or vmm.startswith("pc") else vmm,
        "variant": vmm,
        "case": case,
        "unit": "cycles",
        "min": min(r["min"] for r in rounds),
        "avg": round(sum(r["avg"] * r["count"] for r in rounds) / count, 1),
        "p99": max(r["p99"] for r in rounds),
        "max": max(r["max"] for r in rounds),
        "samples": count,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_document_options(parser)
    parser.add_argument("--mode", default="lab, deterministic")
    parser.add_argument("directory")
    arguments = parser.parse_args()
    figure = "min" if arguments.mode == "native" else "avg"

    rows = {key: merge(*key, rounds) for key, rounds in read_reports(arguments.directory).items()}
    vmms = sorted({vmm for vmm, _ in rows}, key=lambda v: ({"bare": 0, "takt": 1}.get(v, 2), v))
    peers = vmms[2:]
    if vmms[:2] != ["bare", "takt"]:
        parser.error(f"{arguments.directory}: reports of bare and takt are missing")

    head = [f"cycles ({figure})"] + vmms + [f"{vmm}/bare" for vmm in vmms[1:]] + ["takt max"]
    table = []
    for case in CASES:
        cells = [rows[vmm, case][figure] if (vmm, case) in rows else None for vmm in vmms]
        ratios = [cell / cells[0] if cell and cells[0] else None for cell in cells[1:]]
        table.append([case, *[c if c is None else round(c) for c in cells], *ratios,
                      rows["takt", case]["max"] if ("takt", case) in rows else None])
    print_table(head, table)

    commands = {os.path.basename(path)[: -len(".1.command")]: read_text(path)
                for path in glob.glob(os.path.join(arguments.directory, "*.1.command"))}
    write_json(arguments.json, {
        "bench": "exit",
        "arch": arguments.arch,
        "mode": arguments.mode,
        "host": None,
        "results": [rows[vmm, case] for case in CASES for vmm in vmms if (vmm, case) in rows],
        "kernel": read_text(os.path.join(arguments.directory, "kernel")),
        "command": arguments.command,
        "commands": commands,
        "takt": takt_version(arguments.takt),
        "qemu": arguments.qemu,
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    })

    verdicts = Verdicts()
    takt, bare = rows["takt", TRIVIAL][figure], rows["bare", TRIVIAL][figure]
    verdicts.check(takt <= bare * MARGIN,
                   f"{TRIVIAL} within 10 % of the bare loop: {takt} of {bare} cycles "
                   f"({takt / bare - 1:+.1%})")
    for peer in peers:
        slower = [case for case in VMM_CASES if (peer, case) in rows
                  and rows["takt", case][figure] >= rows[peer, case][figure]]
        verdicts.check(not slower, f"faster than QEMU {peer} in every exit to user space"
                       + (": not in " + ", ".join(slower) if slower else ""))
    verdicts.finish()


if __name__ == "__main__":
    main()
