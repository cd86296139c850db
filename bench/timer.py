#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Puts the runs of `timer` together: one JSON file, and for the bench a table and the verdicts.

Each DIR holds what lab/jobs/timer.sh left in one boot (one seed): NAME.hist, NAME.command.
NAME is host, takt-CASE, qemu-VARIANT, qemu-poll-VARIANT or qemu-notrap-VARIANT.
"""

import argparse
import glob
import os
import time

from takt_bench import (Latency, Verdicts, add_document_options, print_table, read_cyclictest,
                        read_text, takt_version, write_json)

# The order of the rows, and which kind of idle handling a case belongs to. Compared are cases of
# one kind only.
HLT_EXITS, POLL, NO_HLT_EXITS = "HLT exits", "HLT exits, host polls", "no HLT exits"
WFI_EXITS, NO_WFI_EXITS = "WFI exits", "no WFI exits"
KINDS = (HLT_EXITS, POLL, NO_HLT_EXITS, WFI_EXITS, NO_WFI_EXITS)
ORDER = ["host", "takt-hlt-exits", "qemu-pc", "qemu-pc-fifo-all", "qemu-pc-fifo",
         "qemu-microvm-fifo", "takt-hlt-exits-poll", "qemu-poll-pc-fifo",
         "qemu-poll-microvm-fifo", "takt-no-hlt-exits", "qemu-pc-pm", "qemu-microvm-pm",
         "takt-wfi-exits", "qemu-virt", "qemu-virt-fifo-all", "qemu-virt-fifo",
         "takt-no-wfi-exits", "qemu-notrap-virt", "qemu-notrap-virt-fifo-all",
         "qemu-notrap-virt-fifo"]

# arm64: at most so many times the host's figure. On x86 the bar is QEMU.
HOST_BARS = {WFI_EXITS: (("max", 4),), NO_WFI_EXITS: (("max", 2.5), ("avg", 2))}


def kind_of(name):
    if name.startswith("qemu-poll-") or name.endswith("-poll"):
        return POLL
    if name.endswith("-pm") or name == "takt-no-hlt-exits":
        return NO_HLT_EXITS
    if name.startswith("qemu-notrap-") or name == "takt-no-wfi-exits":
        return NO_WFI_EXITS
    if name.startswith("qemu-virt") or name == "takt-wfi-exits":
        return WFI_EXITS
    return HLT_EXITS


def rank(name):
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


def collect(directories):
    """NAME -> (merged Latency, maximum of each run), NAME -> command line."""
    merged, maxima, commands = {}, {}, {}
    for directory in directories:
        for path in glob.glob(os.path.join(directory, "*.hist")):
            name = os.path.basename(path)[: -len(".hist")]
            latency = read_cyclictest(path)
            merged.setdefault(name, Latency()).merge(latency)
            maxima.setdefault(name, []).append(latency.max)
            command = read_text(path[: -len(".hist")] + ".command")
            if command:
                commands.setdefault(name, command)
    return merged, maxima, commands


def result(name, latency, maxima):
    vmm, _, case = name.partition("-")
    row = {"vmm": vmm, "case": case, "kind": kind_of(name), "unit": "us", **latency.row()}
    row["max_of_each_run"] = maxima
    row["histogram"] = {str(value): latency.counts[value] for value in sorted(latency.counts)}
    return row


def document(arguments, merged, maxima, commands):
    names = sorted((name for name in merged if name != "host"), key=rank)
    host = None
    if "host" in merged:
        host = result("host", merged["host"], maxima["host"])
        for key in ("vmm", "case", "kind"):
            del host[key]
    kernels = {read_text(os.path.join(directory, "kernel")) for directory in arguments.directory}
    return {
        "bench": "timer",
        "arch": arguments.arch,
        "mode": arguments.mode,
        "host": host,
        "results": [result(name, merged[name], maxima[name]) for name in names],
        "kernel": arguments.kernel or "host and guest " + ", ".join(sorted(kernels - {""})),
        "command": arguments.command,
        "commands": {name: commands[name] for name in sorted(commands, key=rank)},
        "runs": max(len(values) for values in maxima.values()),
        "seeds": arguments.seeds.split(),
        "takt": takt_version(arguments.takt),
        "qemu": arguments.qemu,
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "notes": arguments.note,
    }


def spread(maxima):
    return f"{min(maxima)}..{max(maxima)}" if len(maxima) > 1 else ""


def print_results(doc):
    head = ["us", "min", "avg", "p99", "max", "samples", "max of each run"]
    rows = []
    host = doc["host"]
    rows.append(["host", host["min"], host["avg"], host["p99"], host["max"], host["samples"],
                 spread(host["max_of_each_run"])])
    kind = None
    for row in doc["results"]:
        if row["kind"] != kind:
            kind = row["kind"]
            rows += [None]
        rows.append([f"{row['vmm']} {row['case']}", row["min"], row["avg"], row["p99"],
                     row["max"], row["samples"], spread(row["max_of_each_run"])])
    print_table(head, rows)


def judge(doc):
    verdicts = Verdicts()
    for kind in KINDS:
        ours = [row for row in doc["results"] if row["vmm"] == "takt" and row["kind"] == kind]
        peers = [row for row in doc["results"] if row["vmm"] == "qemu" and row["kind"] == kind]
        if not ours:
            continue
        takt = ours[0]
        for figure, factor in HOST_BARS.get(kind, ()):
            bar = factor * doc["host"][figure]
            verdicts.check(takt[figure] <= bar, f"{kind}: {figure} takt {takt[figure]} us, "
                                                f"{factor} x host = {bar:.4g} us")
        judge_peers(verdicts, kind, takt, peers)
        if kind not in HOST_BARS and peers:
            stretch = 3 * doc["host"]["max"]
            verdicts.goal(takt["max"] <= stretch,
                          f"{kind}: stretch, max {takt['max']} of 3 x host = {stretch} us")
    verdicts.finish()


def judge_peers(verdicts, kind, takt, peers):
    """The best that QEMU reached, each figure on its own. A bar only where no multiple of the host is."""
    for figure in ("avg", "max") if peers else ():
        best = min(peers, key=lambda row, key=figure: row[key])
        said = verdicts.goal if kind in HOST_BARS else verdicts.check
        said(takt[figure] <= best[figure],
             f"{kind}: {figure} takt {takt[figure]} us, QEMU at its best {best[figure]} us"
             f" ({best['case']})")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_document_options(parser)
    parser.add_argument("--mode", default="lab, deterministic")
    parser.add_argument("--kernel", help="instead of the one that host and guest share in the lab")
    parser.add_argument("--seeds", default="", help="seeds of the runs, separated by spaces")
    parser.add_argument("--note", action="append", default=[])
    parser.add_argument("--judge", action="store_true", help="print table and verdicts")
    parser.add_argument("directory", nargs="+")
    arguments = parser.parse_args()
    merged, maxima, commands = collect(arguments.directory)
    if not merged or arguments.judge and "host" not in merged:
        parser.error("no host.hist in " + " ".join(arguments.directory))
    doc = document(arguments, merged, maxima, commands)
    write_json(arguments.json, doc)
    if arguments.judge:
        print_results(doc)
        judge(doc)


if __name__ == "__main__":
    main()
