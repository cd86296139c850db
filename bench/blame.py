#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Table, verdict and JSON of bench `blame`: what `takt blame` said about each bundle of each fault."""

import argparse
import pathlib
import time

from takt_bench import Verdicts, add_document_options, print_table, read_text, takt_version, write_json

# What is injected, the cause that has to be named, and a word that its paragraph has to have.
FAULTS = {
    "none": ("nothing", None, None),
    "host-thread": ("a FIFO 99 thread on the vCPU's CPU", "host thread", "real-time priority 99"),
    "slow-device": ("a job of 300 us in a server", "slow device", "its server slow"),
    "page-fault": ("64 page faults in a server's job", "page fault", "page faults"),
    "interrupt": ("a flooded UART's interrupt thread", "interrupt", "smp_affinity"),
    "throttled": ("an ordinary thread and the fair server", "throttled", "fair_server/cpu0"),
}


def said(directory):
    """(cause, paragraph) of each bundle."""
    answers = []
    for file in sorted(directory.glob("*.blame")):
        cause, _, rest = read_text(file).partition("\n\n")
        answers.append((cause.removeprefix("cause: "), " ".join(rest.partition("\n\n")[0].split())))
    return answers


def judge(fault, answers):
    """Whether every bundle names the cause; without a fault there is none."""
    _, cause, word = FAULTS[fault]
    if cause is None:
        return not answers
    return bool(answers) and all(named == cause and word in text for named, text in answers)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    add_document_options(parser)
    parser.add_argument("raw", type=pathlib.Path)
    parser.add_argument("faults", nargs="+", choices=FAULTS)
    arguments = parser.parse_args()
    answers = {fault: said(arguments.raw / fault) for fault in arguments.faults}
    right = {fault: judge(fault, answers[fault]) for fault in arguments.faults}
    named = {fault: ", ".join(sorted({cause for cause, _ in answers[fault]})) or "nothing was late"
             for fault in arguments.faults}
    print_table(["fault", "named cause", "bundles", "verdict"],
                [[FAULTS[fault][0], named[fault], len(answers[fault]),
                  "right" if right[fault] else "WRONG"] for fault in arguments.faults])
    for fault in arguments.faults:
        if answers[fault]:
            print(f"\n{fault}: {answers[fault][0][1]}")
    write_json(arguments.json, {
        "bench": "blame", "arch": arguments.arch, "mode": "deterministic", "host": None,
        "results": [{"vmm": "takt", "case": fault, "unit": "bundles", "samples": len(answers[fault]),
                     "cause": named[fault], "right": right[fault]} for fault in arguments.faults],
        "kernel": read_text(arguments.raw / "kernel"), "command": arguments.command,
        "takt": takt_version(arguments.takt),
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    })
    verdicts = Verdicts()
    for fault in arguments.faults:
        verdicts.check(right[fault], f"{fault}: {FAULTS[fault][1] or 'no bundle'}")
    verdicts.finish()


if __name__ == "__main__":
    main()
