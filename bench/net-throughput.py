#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdicts and JSON of bench `net-throughput`, from lab/jobs/net-throughput.sh's results: one
directory for each seed. Figures are means of the seeds; JSON has their spread."""

import argparse
import json
import pathlib
import re

from takt_bench import (Verdicts, add_document_options, device_document, figures, print_table, read_text,
                        write_json)

CASES = ("takt-e1000", "qemu-e1000", "takt-virtio", "qemu-virtio", "takt-virtio-vhost", "qemu-virtio-vhost")
WAYS = {"to-guest": "Mbit/s", "from-guest": "Mbit/s", "rr": "per second"}
PEERS = (("e1000", "qemu-e1000", True), ("virtio", "qemu-virtio", True), ("virtio-vhost", "qemu-virtio-vhost", True),
         ("virtio", "qemu-virtio-vhost", False))


def received(directory, case, way):
    said = json.loads(read_text(directory / f"{case}.{way}.json"))
    if "error" in said:
        raise SystemExit(f"{directory}: {case}, {way}: iperf3: {said['error']}")
    return said["end"]["sum_received"]


def speed(directory, case, way):
    if way == "rr":
        return int(re.search(r"# Per second: (\d+)", read_text(directory / f"{case}.rr.hist"))[1])
    return received(directory, case, way)["bits_per_second"] / 1e6


def cost(directory, case, way, arguments):
    """us of CPU for each MB, or for each transaction."""
    per = arguments.transactions if way == "rr" else received(directory, case, way)["bytes"] / 1e6
    return int(read_text(directory / f"{case}.{way}.cpu")) / 1000 / per


def collect(arguments):
    """(case, way) -> two rows: speed and cost."""
    rows = {}
    for case in CASES:
        if not (arguments.raw[0] / f"{case}.rr.hist").exists():
            continue
        vmm, _, nic = case.partition("-")
        for way, unit in WAYS.items():
            common = {"vmm": vmm, "case": f"{nic}-{way}", "nic": nic, "way": way}
            rows[case, way] = (
                {**common, "unit": unit, **figures([speed(at, case, way) for at in arguments.raw])},
                {**common, "case": f"{nic}-{way}-cpu", "unit": "us per transaction" if way == "rr" else "us per MB",
                 **figures([cost(at, case, way, arguments) for at in arguments.raw])})
    return rows


def judge(rows):
    verdicts = Verdicts()
    for nic, peer, is_bar in PEERS:
        for way, unit in WAYS.items():
            ours, theirs = rows.get((f"takt-{nic}", way)), rows.get((peer, way))
            if not (ours and theirs):
                continue
            said = verdicts.check if is_bar else verdicts.goal
            said(ours[0]["avg"] >= theirs[0]["avg"],
                 f"{nic}, {way}: {ours[0]['avg']:.0f} {unit}, {peer}'s {theirs[0]['avg']:.0f}")
            said(ours[1]["avg"] < theirs[1]["avg"],
                 f"{nic}, {way}: {ours[1]['avg']:.0f} {ours[1]['unit']} of CPU, {peer}'s {theirs[1]['avg']:.0f}")
    verdicts.finish()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_document_options(parser)
    parser.add_argument("--transactions", type=int, required=True)
    parser.add_argument("raw", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    rows = collect(arguments)
    print_table(["", "to guest Mbit/s", "CPU us/MB", "from guest Mbit/s", "CPU us/MB", "transactions/s", "CPU us each"],
                [[case, *[f"{row['avg']:.0f}" for way in WAYS for row in rows[case, way]]]
                 for case in CASES if (case, "rr") in rows])
    write_json(arguments.json, device_document("net-throughput", arguments, [row for pair in rows.values() for row in pair]))
    judge(rows)


if __name__ == "__main__":
    main()
