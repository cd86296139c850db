#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdicts and JSON of bench `boot`. Each DIR holds one run's NAME.boot files: the time from
exec to the guest's init (us), and kB resident beyond guest RAM at that moment, all and private."""

import argparse
import glob
import os
import time

from takt_bench import (Verdicts, add_document_options, figures, print_table, read_text,
                        takt_version, write_json)

BAR_KIB = 8 * 1024


def read_runs(directories):
    """NAME -> list of (us, resident kB, private kB), NAME -> command line."""
    runs, commands = {}, {}
    for directory in directories:
        for path in glob.glob(os.path.join(directory, "*.boot")):
            name = os.path.basename(path)[: -len(".boot")]
            runs.setdefault(name, []).append(tuple(int(word) for word in read_text(path).split()))
            commands[name] = read_text(path[: -len(".boot")] + ".command")
    return runs, commands


def results(runs):
    rows = []
    for name in sorted(runs, key=lambda name: (not name.startswith("takt"), name)):
        vmm, _, machine = name.partition("-")
        for what, unit, index, scale in (("time to init", "ms", 0, 1000),
                                         ("resident beyond guest RAM", "KiB", 1, 1)):
            rows.append({"vmm": vmm, "machine": machine, "case": what, "unit": unit,
                         **figures([run[index] / scale for run in runs[name]], 1)})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_document_options(parser)
    parser.add_argument("directory", nargs="+")
    arguments = parser.parse_args()
    runs, commands = read_runs(arguments.directory)
    if "takt" not in runs:
        parser.error("no takt.boot in " + " ".join(arguments.directory))
    rows = results(runs)
    print_table(["", "unit", "min", "avg", "max", "runs"],
                [[f"{row['vmm']} {row['machine']}".strip() + ", " + row["case"], row["unit"],
                  row["min"], row["avg"], row["max"], row["samples"]] for row in rows])
    write_json(arguments.json, {
        "bench": "boot",
        "arch": arguments.arch,
        "mode": "lab, deterministic",
        "host": None,
        "results": rows,
        "kernel": read_text(os.path.join(arguments.directory[0], "kernel")),
        "command": arguments.command,
        "commands": commands,
        "takt": takt_version(arguments.takt),
        "qemu": arguments.qemu,
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    })
    verdicts = Verdicts()
    ours = {row["case"]: row for row in rows if row["vmm"] == "takt"}
    for row in rows:
        if row["vmm"] == "takt" or row["unit"] != "ms":
            continue
        mine = ours[row["case"]]
        verdicts.check(mine["avg"] < row["avg"],
                       f"faster than QEMU -M {row['machine']}: {mine['avg']} of {row['avg']} ms "
                       f"(avg; takt {mine['min']}..{mine['max']}, QEMU {row['min']}..{row['max']})")
    memory = ours["resident beyond guest RAM"]
    verdicts.check(memory["max"] <= BAR_KIB,
                   f"<= 8 MiB beyond guest RAM: {memory['max'] / 1024:.1f} MiB")
    verdicts.finish()


if __name__ == "__main__":
    main()
