#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdicts and JSON of bench `exits`: exits for each event delivered to the guest.

Each DIR is named after the policy for WFI and holds what lab/jobs/exits.sh left:
CASE.EVENT.N.exits (histograms of KVM's trace events) and .console, for N and 2 N events. A figure is
the difference of the two guests' exits over the difference of the events that the guests counted.
"""

import argparse
import os
import re
import time

from takt_bench import (Verdicts, add_document_options, print_table, read_text, takt_version,
                        write_json)

# What one event is, by the name of the guest's job.
EVENTS = {
    "timer-poll": "timer interrupt, guest busy",
    "timer-halt": "timer interrupt, guest in WFI",
    "tick": "timer interrupt, Linux, cyclictest",
    "ipi": "SGI: self, busy CPU, CPU in WFI",
}
TIMER_EVENTS = ("timer-poll", "timer-halt", "tick")
# Classes of ESR_ELx.EC (Arm ARM DDI 0487, D19.2.37), and exits for an interrupt of the host.
CAUSES = {"IRQ": None, "WFx": (0x01,), "sysreg": (0x18,), "HVC": (0x16,), "memory": (0x20, 0x24)}
# Counted are single exits of a thousand events: what is not an event's must stay below this.
SLACK = 0.02
# ICC_SGI1R_EL1, how a guest sends an SGI: CRn, CRm, Op2 (a histogram has three keys at most).
SGI1R = (12, 11, 5)


def read_exits(path):
    """Trace event -> list of (fields, count)."""
    events, current = {}, None
    for line in read_text(path).splitlines():
        if match := re.match(r"event (\w+)", line):
            current = events.setdefault(match[1], [])
        elif match := re.match(r"\{(.*)\} hitcount:\s*(\d+)", line):
            fields = {key: int(value, 0) for key, value in re.findall(r"(\w+):\s*(\w+)", match[1])}
            current.append((fields, int(match[2])))
    return events


def cause_of(fields):
    if fields["ret"] != 2:  # ARM_EXCEPTION_TRAP
        return "IRQ"
    for cause, classes in CAUSES.items():
        if classes and fields["esr_ec"] in classes:
            return cause
    return "other"


def counted_by_guest(event, console):
    """How many events the guest itself counted."""
    if event == "tick":
        return int(re.search(r"^TAKT-TIMER-INTERRUPTS (\d+)", console, re.MULTILINE)[1])
    return sum(int(n) for n in re.findall(r"^result .*\bcount=(\d+)", console, re.MULTILINE))


def counts(directory, name, event):
    path = os.path.join(directory, name)
    exits = read_exits(path + ".exits")
    row = {cause: 0 for cause in (*CAUSES, "other")}
    for fields, count in exits["kvm_exit"]:
        row[cause_of(fields)] += count
    row["total"] = sum(row.values())
    row["events"] = counted_by_guest(event, read_text(path + ".console"))
    row["timer IRQs"] = sum(count for fields, count in exits["kvm_timer_update_irq"]
                            if fields["level"] == 1)
    row["WFI"] = sum(count for fields, count in exits["kvm_wfx_arm64"] if fields["is_wfe"] == 0)
    row["SGI1R"] = sum(count for fields, count in exits["kvm_sys_access"]
                       if (fields["CRn"], fields["CRm"], fields["Op2"]) == SGI1R)
    return row


def results(directory, count):
    names = [name[: -len(".exits")] for name in os.listdir(directory) if name.endswith(".exits")]
    rows = []
    for name in names:
        vmm, event, n = name.rsplit(".", 2)
        if int(n) != count:
            continue
        once = counts(directory, name, event)
        twice = counts(directory, f"{vmm}.{event}.{2 * count}", event)
        delta = {key: twice[key] - once[key] for key in once}
        events = delta.pop("events")
        if events < count / 2:
            raise ValueError(f"{directory}/{name}: the guest counted {events} events more, not {count}")
        rows.append({"vmm": vmm.partition("-")[0], "variant": vmm.partition("-")[2],
                     "policy": os.path.basename(directory), "case": event, "unit": "exits per event",
                     "samples": events,
                     "per_event": {key: round(value / events, 4) for key, value in delta.items()}})
    order = list(EVENTS)
    return sorted(rows, key=lambda row: (order.index(row["case"]), row["vmm"] != "takt", row["variant"]))


def print_policy(policy, rows):
    print(f"\nWFI policy {policy}: exits per event")
    columns = [*CAUSES, "other", "total"]
    table, case = [], None
    for row in rows:
        if row["case"] != case:
            table += [None] if case else []
            case = row["case"]
        table.append([f"{EVENTS[case]}: {row['vmm']} {row['variant']}".strip(),
                      *[row["per_event"][column] for column in columns], row["samples"]])
    print_table(["", *columns, "events"], table)


def judge(verdicts, row):
    per, what = row["per_event"], f"WFI policy {row['policy']}, {EVENTS[row['case']]}"
    if row["case"] in TIMER_EVENTS and row["policy"] == "notrap":
        verdicts.check(per["total"] <= 1 + SLACK, f"{what}: {per['total']:.2f} exits, bar 1.0")
        verdicts.check(per["WFx"] == 0, f"{what}: {per['WFx']:.2f} exits for WFI, bar 0")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add_document_options(parser)
    parser.add_argument("--count", type=int, required=True, help="N")
    parser.add_argument("directory", nargs="+")
    arguments = parser.parse_args()
    rows, commands = [], {}
    for directory in arguments.directory:
        mine = results(directory, arguments.count)
        print_policy(os.path.basename(directory), mine)
        rows += mine
        for row in mine:
            name = "-".join(word for word in (row["vmm"], row["variant"]) if word) + "." + row["case"]
            commands[name] = read_text(f"{directory}/{name}.{arguments.count}.command")
    write_json(arguments.json, {
        "bench": "exits",
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
    for row in rows:
        if row["vmm"] == "takt":
            judge(verdicts, row)
    verdicts.finish()


if __name__ == "__main__":
    main()
