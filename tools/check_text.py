#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the files' form: check_text.py [ROOT] < NAMES, names ended by NUL. Findings are `file:line: message`.

An SPDX line at the top of each source file, no white space at the end of a line, a line end at the end
of the file. Files of more than 400 lines are reported; that alone is no failure.
"""

import pathlib
import sys

SOURCE_SUFFIXES = {".h", ".cpp", ".S", ".ld", ".sh", ".py", ".cmake", ".asl"}
LONG = 400


def is_source(path: pathlib.Path, text: str) -> bool:
    return path.suffix in SOURCE_SUFFIXES or path.name == "CMakeLists.txt" or text.startswith("#!")


def check_text(path: pathlib.Path, text: str) -> tuple[list[str], list[str]]:
    """Findings and remarks."""
    findings, remarks = [], []
    lines = text.split("\n")
    if is_source(path, text) and not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
        findings.append(f"{path}:1: no line 'SPDX-License-Identifier: Apache-2.0' at the top")
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            findings.append(f"{path}:{number}: white space at the end of the line")
    if text and not text.endswith("\n"):
        findings.append(f"{path}:{len(lines)}: no line end at the end of the file")
    if is_source(path, text) and len(lines) - 1 > LONG:
        remarks.append(f"{path}:{LONG}: remark: {len(lines) - 1} lines, more than {LONG}: can it be two files?")
    return findings, remarks


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    names = [name for name in sys.stdin.buffer.read().decode().split("\0") if name]
    failed = False
    for name in names:
        data = (root / name).read_bytes()
        if b"\0" in data:
            continue
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            print(f"{name}:1: not UTF-8")
            failed = True
            continue
        findings, remarks = check_text(pathlib.Path(name), text)
        for line in findings + remarks:
            print(line)
        failed = failed or bool(findings)
    if not names:
        print("no files to check")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
