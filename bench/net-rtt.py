#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdicts and JSON of bench `net-rtt`, from lab/jobs/net-rtt.sh's results: one directory for
each seed, with VMM-NIC.LOAD.hist."""

import argparse
import pathlib
import re

from takt_bench import (Latency, Verdicts, add_document_options, device_document, print_table, read_cyclictest,
                        read_text, write_json)

LOADS = {
    "idle": "nothing else",
    "cpu": "hackbench on the host",
    "disk": "disk I/O and cache drops on the host",
    "flood": "ping flood to the guest's other NIC",
    "blk": "block I/O of the guest",
    "console": "console output of the guest",
    "mgmt": "management socket polled at 50 Hz",
    "all": "all of it",
}
CASES = ("takt-e1000", "takt-virtio", "takt-virtio-vhost", "qemu-e1000", "qemu-virtio", "qemu-virtio-vhost")
E1000_MAX_US = 1000
E1000_FACTOR = 20
VIRTIO_FACTOR = 10
STRETCH_FACTOR = 2


def collect(directories):
    """(case, load) -> row of the results."""
    merged = {}
    for directory in directories:
        for path in directory.glob("*.hist"):
            case, load = path.stem.split(".")
            latency = read_cyclictest(path)
            row = merged.setdefault((case, load), {"latency": Latency(), "maxima": [], "lost": 0})
            row["latency"].merge(latency)
            row["maxima"].append(latency.max)
            row["lost"] += int(re.search(r"# Lost: (\d+)", read_text(path))[1])
    order = {name: number for number, name in enumerate((*CASES, *LOADS))}
    return {key: result(*key, merged[key]) for key in sorted(merged, key=lambda key: [order[word] for word in key])}


def result(case, load, row):
    vmm, _, nic = case.partition("-")
    latency = row["latency"]
    return {"vmm": vmm, "case": f"{nic}-{load}", "nic": nic, "load": load, "unit": "us", **latency.row(),
            "max_of_each_run": row["maxima"], "lost": row["lost"],
            "histogram": {str(value): latency.counts[value] for value in sorted(latency.counts)}}


def print_results(rows):
    cases = [case for case in CASES if any(key[0] == case for key in rows)]
    print("round trip, us: min / avg / p99 / max, of all seeds\n")
    table = []
    for load, words in LOADS.items():
        if any(key[1] == load for key in rows):
            table.append([words, *[cell(rows.get((case, load))) for case in cases]])
    print_table(["", *cases], table)


def cell(row):
    if row is None:
        return "-"
    lost = f" ({row['lost']} lost)" if row["lost"] else ""
    return f"{row['min']} / {row['avg']:.0f} / {row['p99']} / {row['max']}{lost}"


def judge(rows):
    verdicts = Verdicts()
    loaded = "all"
    judge_e1000(verdicts, rows.get(("takt-e1000", loaded)), rows.get(("qemu-e1000", loaded)))
    ours = rows.get(("takt-virtio", loaded))
    for peer, said in (("qemu-virtio", verdicts.check), ("qemu-virtio-vhost", verdicts.goal)):
        theirs = rows.get((peer, loaded))
        if ours and theirs:
            said(ours["max"] * VIRTIO_FACTOR <= theirs["max"],
                 f"virtio, all loads: max {ours['max']} us, 1/{VIRTIO_FACTOR} of {peer}'s {theirs['max']} us")
    for nic, peer, said in (("e1000", "qemu-e1000", verdicts.check), ("virtio", "qemu-virtio", verdicts.check),
                            ("virtio-vhost", "qemu-virtio-vhost", verdicts.check), ("virtio", "qemu-virtio-vhost", verdicts.goal)):
        judge_idle(said, rows.get((f"takt-{nic}", "idle")), rows.get((peer, "idle")), peer)
    idle, all_of_it = rows.get(("takt-e1000", "idle")), rows.get(("takt-e1000", loaded))
    if idle and all_of_it:
        verdicts.goal(all_of_it["max"] <= STRETCH_FACTOR * idle["max"],
                      f"stretch: e1000, all loads: max {all_of_it['max']} us, {STRETCH_FACTOR} x the idle max of {idle['max']} us")
    lost = sum(row["lost"] for row in rows.values() if row["vmm"] == "takt")
    verdicts.check(lost == 0, f"takt answers every message: {lost} lost")
    verdicts.finish()


def judge_e1000(verdicts, ours, theirs):
    if ours:
        verdicts.check(ours["max"] < E1000_MAX_US, f"e1000, all loads: max {ours['max']} us < {E1000_MAX_US} us")
    if ours and theirs:
        verdicts.check(ours["max"] * E1000_FACTOR <= theirs["max"],
                       f"e1000, all loads: max {ours['max']} us, 1/{E1000_FACTOR} of QEMU's {theirs['max']} us")


def judge_idle(said, ours, theirs, peer):
    if ours and theirs:
        said(ours["avg"] < theirs["avg"], f"{ours['nic']}, idle: avg {ours['avg']:.0f} us, {peer}'s {theirs['avg']:.0f} us")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_document_options(parser)
    parser.add_argument("raw", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    rows = collect(arguments.raw)
    print_results(rows)
    write_json(arguments.json, device_document("net-rtt", arguments, list(rows.values())))
    judge(rows)


if __name__ == "__main__":
    main()
