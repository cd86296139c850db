# SPDX-License-Identifier: Apache-2.0
"""What the benches share: latency histograms, tables, JSON files, verdicts."""

import json
import math
import os
import re
import subprocess
import sys
import time


class Latency:
    """Samples as value -> count, with exact minimum, maximum and number."""

    def __init__(self):
        self.counts = {}
        self.min = None
        self.max = None
        self.samples = 0
        self.sum = 0.0

    def merge(self, other):
        for value, count in other.counts.items():
            self.counts[value] = self.counts.get(value, 0) + count
        both = [x for x in (self.min, other.min) if x is not None]
        self.min = min(both, default=None)
        both = [x for x in (self.max, other.max) if x is not None]
        self.max = max(both, default=None)
        self.samples += other.samples
        self.sum += other.sum

    @property
    def avg(self):
        return self.sum / self.samples

    def percentile(self, percent):
        """The smallest value that `percent` of the samples do not exceed. What lies beyond
        the histogram counts as the maximum."""
        wanted = self.samples * percent / 100
        seen = 0
        for value in sorted(self.counts):
            seen += self.counts[value]
            if seen >= wanted:
                return value
        return self.max

    def row(self):
        return {
            "min": self.min,
            "avg": round(self.avg, 2),
            "p99": self.percentile(99),
            "max": self.max,
            "samples": self.samples,
        }


def read_cyclictest(path):
    """The histogram and summary that cyclictest -q -h prints, for one thread (us)."""
    latency = Latency()
    summary = {}
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            if match := re.match(r"(\d+)\s+(\d+)\s*$", line):
                value, count = (int(word) for word in match.groups())
                if count:
                    latency.counts[value] = latency.counts.get(value, 0) + count
            elif match := re.match(r"# (Min|Avg|Max) Latencies: (\d+)", line):
                summary[match[1]] = int(match[2])
            elif match := re.match(r"# Total: (\d+)", line):
                summary["Total"] = int(match[1])
            elif match := re.match(r"# Histogram Overflows: (\d+)", line):
                summary["Overflows"] = int(match[1])
    if "Max" not in summary or not latency.counts:
        raise ValueError(f"{path}: not the output of a finished cyclictest -h")
    # Beyond the histogram each sample is taken for the maximum: never flattering.
    inside = sum(latency.counts.values())
    beyond = summary.get("Overflows", 0)
    if beyond:
        latency.counts[summary["Max"]] = latency.counts.get(summary["Max"], 0) + beyond
    latency.samples = inside + beyond
    latency.sum = float(sum(value * count for value, count in latency.counts.items()))
    latency.min, latency.max = summary["Min"], summary["Max"]
    return latency


def read_text(path, default=""):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return default


def first_line(*command):
    """Of what a command says; nothing if it fails or does not exist."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.split("\n")[0].strip() if done.returncode == 0 else ""


def takt_version(program=None):
    """What `takt --version` says: version and commit. Read from the file, which may be another architecture's."""
    try:
        with open(program, "rb") as file:
            found = re.search(rb"takt \d+\.\d+\.\d+ \([^)]*\)", file.read())
    except (OSError, TypeError):
        found = None
    return found[0].decode() if found else "unknown"


def figures(values, digits=2):
    """The fields of a row of results, of single values. p99 of a handful is the worst."""
    ordered = sorted(values)
    return {
        "min": round(ordered[0], digits),
        "avg": round(sum(ordered) / len(ordered), digits),
        "p99": round(ordered[math.ceil(0.99 * len(ordered)) - 1], digits),
        "max": round(ordered[-1], digits),
        "samples": len(ordered),
    }


def add_document_options(parser):
    """What bench/common.sh says about each measurement."""
    parser.add_argument("--json", required=True, help="file to write")
    parser.add_argument("--arch", default="x86_64", help="x86_64 or arm64")
    parser.add_argument("--takt", help="the program, for its version")
    parser.add_argument("--qemu", default="", help="its version")
    parser.add_argument("--command", default="", help="what the user ran")


def device_document(bench, arguments, results):
    """The JSON of a bench of devices; arguments.raw are its boots."""
    commands = {path.stem: read_text(path) for path in sorted(arguments.raw[0].glob("*.command"))}
    return {
        "bench": bench, "arch": arguments.arch, "mode": "lab, deterministic", "host": None, "results": results,
        "kernel": "host and guest " + read_text(arguments.raw[0] / "kernel"), "command": arguments.command,
        "commands": commands, "runs": len(arguments.raw),
        "seeds": [path.name for path in arguments.raw], "notes": [],
        "takt": takt_version(arguments.takt), "qemu": arguments.qemu,
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
    }


def write_json(path, document):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.write("\n")
    os.replace(path + ".new", path)


def shown(value):
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def print_table(head, rows):
    """The first column to the left, the others to the right; None is a rule."""
    texts = [head] + [row if row is None else [shown(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in texts if row) for i in range(len(head))]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    for number, row in enumerate(texts):
        if row is None:
            print(rule)
            continue
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells).rstrip())
        if number == 0:
            print(rule)


class Verdicts:
    """The bars of a bench, one line each; the exit status says whether all are met."""

    def __init__(self):
        self.failed = 0
        self.lines = []

    def check(self, met, text):
        self.failed += not met
        self.lines.append(f"{'met   ' if met else 'MISSED'}  {text}")

    def say(self, text):
        """About the bars."""
        self.lines.append(f"note    {text}")

    def goal(self, reached, text):
        """Worth knowing, but no bar."""
        self.lines.append(f"{'reached' if reached else 'beyond '} {text}")

    def finish(self):
        print()
        for line in self.lines:
            print(line)
        sys.exit(1 if self.failed else 0)
