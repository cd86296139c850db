#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Shows a timer measurement: a table and a histogram in the terminal, and a page with plots.

JSON is what bench/timer.py wrote. Shown are the host and, without --show, all cases of the file, or
a choice where they are too many to tell apart.
"""

import argparse
import html
import json
import math
import os
import re
import subprocess
import sys
import tempfile

from takt_bench import print_table

LAB_MEANING = (
    "Measured in the lab, deterministic: virtual time counts executed instructions, 1 ns each. "
    "The figures compare the work between a timer and the thread that waits for it, side by side "
    "and repeatable to the digit on any machine; they contain no caches, no memory bandwidth, no "
    "true cost of a world switch, and so are not the microseconds of real hardware."
)
NATIVE_MEANING = (
    "Measured on this machine, with its hardware KVM: real time, with everything else that ran."
)
WIDTH = 80
MOST_SERIES = 5
CHOICE = ["takt-no-hlt-exits", "takt-hlt-exits", "qemu-pc", "qemu-pc-pm",
          "takt-no-wfi-exits", "takt-wfi-exits", "qemu-virt-fifo", "qemu-notrap-virt-fifo"]
ARCH = {"x86_64": "x86-64"}  # as people say it


def series_of(doc, wanted):
    """(label, key of colour, row) for the host and the chosen results."""
    series = [("host", "h", doc["host"])] if doc["host"] else []
    peers = 0
    for row in sorted(doc["results"], key=lambda row: row["vmm"] != "takt"):
        name = f"{row['vmm']}-{row['case']}"
        if wanted and name not in wanted:
            continue
        if row["vmm"] == "takt":
            key = "t" if not any(k == "t" for _, k, _ in series) else "u"
        else:
            peers += 1
            key = f"q{(peers - 1) % 3}"
        series.append((label_of(row), key, row))
    return series


def label_of(row):
    vmm = {"takt": "takt", "qemu": "QEMU"}.get(row["vmm"], row["vmm"])
    case = {
        "no-hlt-exits": "",
        "no-wfi-exits": "",
        "wfi-exits": "WFI exits",
        "virt": "default",
        "virt-fifo": "tuned",
        "notrap-virt": "default, no WFI exits",
        "notrap-virt-fifo": "tuned, no WFI exits",
        "hlt-exits": "HLT exits",
        "hlt-exits-poll": "polled",
        "pc": "default",
        "pc-pm": "tuned",
        "microvm-pm": "tuned, microvm",
    }.get(row["case"], row["case"])
    return f"{vmm} {case}".strip()


def buckets(row):
    return {int(value): count for value, count in row["histogram"].items()}


# --- terminal ---------------------------------------------------------------------------------

BLOCKS = " ▏▎▍▌▋▊▉█"


def bar(count, top, width):
    """log10 of the count, at least a sliver for one sample."""
    if count == 0:
        return " " * width
    eighths = max(1, round(8 * width * (math.log10(count) + 0.3) / (math.log10(top) + 0.3)))
    full, rest = divmod(eighths, 8)
    return (("█" * full) + (BLOCKS[rest] if rest else "")).ljust(width)


def shade(text, key):
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    code = {"h": "90", "t": "36", "u": "34"}.get(key, "33")
    return f"\033[{code}m{text}\033[0m"


def ranges_of(rows):
    """One line for each microsecond as long as lines are few; the tail in ever wider steps."""
    last = max(max(buckets(row)) for row in rows)
    edges, low = [], min(min(buckets(row)) for row in rows)
    while low <= last:
        step = 1 if low < 32 else 2 ** (int(math.log2(low)) - 3)
        edges.append((low, low + step - 1))
        low += step
    return edges


def print_histogram(series):
    """Columns of bars, one for each series, lines of latency; lines without samples collapse."""
    rows = [row for _, _, row in series]
    column = (WIDTH - 10) // len(series)
    number = len(str(max(row["samples"] for row in rows)))
    width = column - number - 3
    top = max(max(buckets(row).values()) for row in rows)
    print(" " * 10 + "".join(label[: column - 1].ljust(column) for label, _, _ in series).rstrip())
    gap = False
    for low, high in ranges_of(rows):
        counts = [sum(n for v, n in buckets(row).items() if low <= v <= high) for row in rows]
        if not any(counts):
            gap = True
            continue
        if gap:
            print("        ┊")
            gap = False
        label = str(low) if low == high else f"{low}-{high}"
        line = f"{label:>7} │"
        for (_, key, _), count in zip(series, counts):
            text = str(count).rjust(number) if count else " " * number
            line += " " + shade(bar(count, top, width), key) + " " + text + " "
        print(line.rstrip())
    print(f"{'us':>7}   bars: samples, logarithmic")


def print_terminal(doc, series):
    print_table(["timer latency, us", "min", "avg", "p99", "max", "samples"],
                [[label, row["min"], row["avg"], row["p99"], row["max"], row["samples"]]
                 for label, _, row in series])
    print()
    print_histogram(series)


# --- page -------------------------------------------------------------------------------------

# Colours that stand for variables of the style sheet; gnuplot writes them as rgb(r, g, b).
PALETTE = {"fg": 0x010203, "grid": 0x010204, "h": 0x010205, "t": 0x010206, "u": 0x010207,
           "q0": 0x010208, "q1": 0x010209, "q2": 0x01020A}
SVG_SIZE = (860, 400)

GNUPLOT_HEAD = """
set terminal svg size {width},{height} dynamic font 'system-ui,sans-serif,13' background '#ffffff00'
set output '{output}'
set border 3 lc rgb {fg} lw 1
set tics nomirror out scale 0.6 textcolor rgb {fg}
set grid ytics xtics lc rgb {grid} lw 0.7 lt 1
set key outside top center horizontal samplen 1.6 textcolor rgb {fg}
set xlabel 'timer latency, us' textcolor rgb {fg}
set ylabel '{ylabel}' textcolor rgb {fg}
set lmargin 9
set rmargin 3
"""


def colour(key):
    return f"'#{PALETTE[key]:06x}'"


def x_axis(low, high):
    """Logarithmic when a tail is far out; else linear from 0."""
    if high <= 100:
        return f"set xrange [0:{high + 2}]\n", False
    tics = [n for e in range(5) for n in (10**e, 2 * 10**e, 5 * 10**e)]
    low = max(1, low - 1)
    wanted = ",".join(f"'{n}' {n}" for n in tics if low <= n <= high * 1.3)
    return f"set logscale x\nset xrange [{low}:{high * 1.2:.0f}]\nset xtics ({wanted})\n", True


def step_points(row):
    """Outline of the bars: each microsecond is [v, v + 1)."""
    counts = buckets(row)
    points, previous = [], None
    for value in sorted(counts):
        if previous is not None and value != previous + 1:
            points += [(previous + 1, 0.5), (value, 0.5)]
        elif previous is None:
            points.append((value, 0.5))
        points += [(value, counts[value]), (value + 1, counts[value])]
        previous = value
    return points + [(previous + 1, 0.5)]


def nines_points(row, floor):
    """-log10 of the share of samples beyond a latency: 1 is 90 %, 2 is 99 %. The slowest
    sample ends at `floor`, the top of the plot."""
    counts, points, seen = buckets(row), [], 0
    points.append((min(counts), 0))
    for value in sorted(counts):
        seen += counts[value]
        rest = row["samples"] - seen
        nines = floor if rest <= 0 else -math.log10(rest / row["samples"])
        points += [(value, points[-1][1]), (value, min(nines, floor))]
    return points


def data_block(name, points):
    return f"${name} << EOD\n" + "".join(f"{x} {y}\n" for x, y in points) + "EOD\n"


def plot(script_body, ylabel):
    width, height = SVG_SIZE
    with tempfile.TemporaryDirectory() as directory:
        output = os.path.join(directory, "plot.svg")
        head = GNUPLOT_HEAD.format(width=width, height=height, output=output, fg=colour("fg"),
                                   grid=colour("grid"), ylabel=ylabel)
        done = subprocess.run(["gnuplot"], input=head + script_body, text=True,
                              capture_output=True, check=False)
        if done.returncode != 0:
            sys.exit(f"report.py: gnuplot: {done.stderr.strip()}")
        with open(output, encoding="utf-8") as file:
            return for_page(file.read())


def for_page(svg):
    """gnuplot's file as an element of the page: no prologue, colours from the style sheet, names
    that are unique on the page."""
    svg = svg[svg.index("<svg"):]
    for key, value in PALETTE.items():
        r, g, b = value >> 16, value >> 8 & 255, value & 255
        svg = re.sub(rf"rgb\(\s*{r},\s*{g},\s*{b}\s*\)", f"var(--{key})", svg)
        svg = svg.replace(f"#{value:06x}", f"var(--{key})")
    svg = re.sub(r"<title>[^<]*</title>\s*(<desc>[^<]*</desc>)?", "", svg)
    prefix = f"p{abs(hash(svg)) % 10**8}"
    svg = re.sub(r"id=(['\"])([^'\"]+)\1", rf'id="{prefix}\2"', svg)
    svg = re.sub(r"xlink:href=(['\"])#([^'\"]+)\1", rf'href="#{prefix}\2"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", svg)


def histogram_svg(series):
    rows = [row for _, _, row in series]
    axis, _ = x_axis(min(row["min"] for row in rows), max(row["max"] for row in rows))
    top = max(max(buckets(row).values()) for row in rows)
    script = axis + f"set logscale y\nset yrange [0.5:{top * 2}]\nset format y '%.0f'\n"
    script += "set style fill transparent solid 0.22 noborder\n"
    curves = []
    for i, (label, key, row) in enumerate(series):
        script += data_block(f"s{i}", step_points(row))
        curves.append(f"$s{i} using 1:2:(0.5) with filledcurves lc rgb {colour(key)} notitle")
    for i, (label, key, _) in enumerate(series):
        curves.append(f"$s{i} with lines lw 1.8 lc rgb {colour(key)} title '{label}'")
    return plot(script + "plot " + ", ".join(curves) + "\n", "samples (logarithmic)")


def cdf_svg(series):
    rows = [row for _, _, row in series]
    axis, _ = x_axis(min(row["min"] for row in rows), max(row["max"] for row in rows))
    floor = math.ceil(math.log10(max(row["samples"] for row in rows)))
    tics = ["'0 %%' 0", "'50 %%' 0.30103"]
    tics += [f"'{'9' * min(n, 2)}{'.' + '9' * (n - 2) if n > 2 else '0' if n == 1 else ''} %%' {n}"
             for n in range(1, floor)]
    tics.append(f"'all' {floor}")
    script = axis + f"set yrange [0:{floor + 0.15}]\nset ytics ({', '.join(tics)})\n"
    curves = []
    for i, (label, key, row) in enumerate(series):
        script += data_block(f"c{i}", nines_points(row, floor))
        curves.append(f"$c{i} with lines lw 2 lc rgb {colour(key)} title '{label}'")
        script += (f"set label {i + 1} '' at {row['max']},{floor} point pt 7 ps 0.6 "
                   f"lc rgb {colour(key)} front\n")
    return plot(script + "plot " + ", ".join(curves) + "\n", "samples not later")


STYLE = """
:root { color-scheme: light dark; --bg: #ffffff; --fg: #1c2430; --soft: #5b6675; --grid: #dfe4ea;
  --card: #f6f8fa; --h: #7a8594; --t: #0077bb; --u: #44aa99; --q0: #cc5a00; --q1: #b8388f; --q2: #8a7400; }
@media (prefers-color-scheme: dark) { :root { --bg: #11151a; --fg: #e4e9ef; --soft: #97a3b1;
  --grid: #2b333d; --card: #181e25; --h: #9aa5b3; --t: #4db8ff; --u: #5fd0bd; --q0: #ff9248;
  --q1: #f07ac4; --q2: #d8c046; } }
body { margin: 0 auto; max-width: 920px; padding: 2.2rem 1.4rem 4rem; background: var(--bg);
  color: var(--fg); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .2rem; letter-spacing: -.01em; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .5rem; }
p { margin: .5rem 0; } .soft { color: var(--soft); } .note { max-width: 46rem; }
.figures { display: grid; gap: .9rem; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr));
  margin: 1.4rem 0; }
.figure { background: var(--card); border-radius: 10px; padding: .8rem 1.1rem;
  border-top: 3px solid var(--c); }
.figure b { display: block; font-size: 1.7rem; font-weight: 650; line-height: 1.25;
  font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .42rem .7rem; border-bottom: 1px solid var(--grid); }
th { font-weight: 600; color: var(--soft); font-size: .86rem; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .55em;
  background: var(--c); }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--fg); }
.wide { overflow-x: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { background: var(--card); border-radius: 8px; padding: .7rem .9rem; margin: .3rem 0 1rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
"""


def table_html(series, runs):
    cells = []
    for label, key, row in series:
        spread = row["max_of_each_run"]
        extra = f"<td>{min(spread)}&ndash;{max(spread)}</td>" if runs > 1 else ""
        cells.append(
            f"<tr><td><span class=dot style='--c:var(--{key})'></span>{html.escape(label)}</td>"
            + "".join(f"<td>{text}</td>" for text in
                      (row["min"], f"{row['avg']:.2f}", row["p99"], row["max"],
                       f"{row['samples']:,}")) + extra + "</tr>")
    head = "".join(f"<th>{word}</th>" for word in
                   ["us", "min", "avg", "p99", "max", "samples"]
                   + (["max of each run"] if runs > 1 else []))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(cells)}</tbody></table>"


TITLES = {
    "timer": ("Timer latency of a real-time guest",
              "cyclictest, one thread, every millisecond: how late it wakes on the host, in a guest under "
              "takt and in the same guest under QEMU."),
    "net-rtt": ("Round trips through an emulated NIC",
                "A message from a real-time thread of the host to one of the guest and back, 100 a second, under "
                "takt and under QEMU with the same loads."),
}


def page(doc, series):
    lab = doc["mode"].startswith("lab")
    arch = ARCH.get(doc["arch"], doc["arch"])
    title, what = TITLES[doc["bench"]]
    facts = [("mode", doc["mode"]), ("kernel", doc["kernel"]),
             ("takt", doc["takt"]), ("QEMU", doc["qemu"]), ("measured", doc["date"]),
             ("samples", f"{sum(row['samples'] for _, _, row in series):,} in {doc['runs']} "
                         f"run{'s' * (doc['runs'] > 1)}, seeds {' '.join(doc['seeds']) or '-'}"),
             ("command", doc["command"])]
    facts += [("note", note) for note in doc["notes"]]
    figures = "".join(
        f"<div class=figure style='--c:var(--{key})'><span class=soft>{html.escape(label)}, "
        f"worst</span><b>{row['max']} us</b><span class=soft>avg {row['avg']:.2f}</span></div>"
        for label, key, row in series)
    shown = {f"{row['vmm']}-{row['case']}" for _, _, row in series if "vmm" in row}
    commands = "".join(f"<p class=soft>{html.escape(name)}</p><pre>{html.escape(text)}</pre>"
                       for name, text in sorted(doc["commands"].items(), reverse=True)
                       if name in shown)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>takt: {title.lower()}, {arch}</title><style>{STYLE}</style></head><body>
<h1>{title}</h1>
<p class=soft>{what} {arch}, PREEMPT_RT guest{' and host' * lab}.</p>
<div class=figures>{figures}</div>
<p class="note soft">{html.escape(LAB_MEANING if lab else NATIVE_MEANING)}</p>
<h2>Summary</h2><div class=wide>{table_html(series, doc['runs'])}</div>
<h2>Histogram</h2>{histogram_svg(series)}
<h2>Cumulative distribution</h2>{cdf_svg(series)}
<p class="note soft">Each line upwards is ten times rarer: at 99.9&nbsp;% one sample in a thousand is
later. The dot is the worst sample.</p>
<h2>How it was measured</h2><dl>{''.join(f'<dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd>' for k, v in facts if v)}</dl>
<h2>Command lines</h2>{commands}
</body></html>
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--html", help="page to write")
    parser.add_argument("--show", default="", help="cases, VMM-CASE, separated by spaces")
    parser.add_argument("json")
    arguments = parser.parse_args()
    with open(arguments.json, encoding="utf-8") as file:
        doc = json.load(file)
    wanted = arguments.show.split()
    if not wanted and len(doc["results"]) >= MOST_SERIES:
        wanted = CHOICE
    series = series_of(doc, wanted)
    print_terminal(doc, series)
    if arguments.html:
        os.makedirs(os.path.dirname(os.path.abspath(arguments.html)), exist_ok=True)
        with open(arguments.html, "w", encoding="utf-8") as file:
            file.write(page(doc, series))


if __name__ == "__main__":
    main()
