#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the house's structure: check_layers.py [ROOT]. Findings are `file:line: message`.

A folder of src/ is a layer and includes only layers to its left:
    base < record < bus < {dev, pci, host} < virtio < {kvm, vfio} < boot < vm < {ctl, check} < cli
and those in braces not each other; of the layers to its left virtio/, which is models, includes
neither dev/ nor host/. No architecture conditionals outside base/. KVM requests are
issued in kvm/ alone, VFIO's in vfio/ alone.
"""

import pathlib
import re
import sys

RANKS = (
    ("base",),
    ("record",),
    ("bus",),
    ("dev", "pci", "host"),
    ("virtio",),
    ("kvm", "vfio"),
    ("boot",),
    ("vm",),
    ("ctl", "check"),
    ("cli",),
)
FORBIDDEN = {("virtio", "dev"), ("virtio", "host")}
RANK = {layer: rank for rank, layers in enumerate(RANKS) for layer in layers}

SUFFIXES = {".h", ".cpp", ".S", ".inc"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
CONDITIONAL = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif|elifdef|elifndef)\b")
ARCHITECTURE = re.compile(
    r"\b(?:__x86_64__|__x86_64|__amd64__|__amd64|__i386__|__i386|__aarch64__|__arm__|__riscv)\b"
)
# ioctl(fd, KVM_X ...) and the typed Ioctl<KVM_X, ...> of base/ioctl.h.
REQUEST = re.compile(r"\b(?:ioctl\s*\(|Ioctl\w*\s*<)[^;{}]*?\b((KVM|VFIO|IOMMU)_[A-Z0-9_]+)", re.S)
REQUESTS_HEADER = re.compile(r"^(kvm|vfio)/requests\w*\.h$")
OWNER = {"KVM": "kvm", "VFIO": "vfio", "IOMMU": "vfio"}

# Comments and literals; a quote after a digit is a digit separator. #include's name is no literal here.
NOISE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<d>[^(\s]*)\(.*?\)(?P=d)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'""",
    re.S,
)


def without_noise(text: str) -> str:
    """The text with comments and literals blanked, lines kept."""
    return NOISE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def check_include(layer: str, bracket: str, name: str) -> str | None:
    target = name.split("/")[0]
    if bracket == "<":
        return f'<{name}> is ours: write "{name}"' if target in RANK and "/" in name else None
    if "/" not in name or name.startswith("."):
        return f'"{name}": write the path from src/, "{layer}/{pathlib.PurePath(name).name}"'
    if target not in RANK:
        return f'"{name}": no layer is called {target}'
    if target == layer:
        return None
    if (layer, target) in FORBIDDEN:
        return f'{layer}/ includes "{name}": models know nothing of {target}/'
    if RANK[target] == RANK[layer]:
        return f'{layer}/ includes "{name}": {layer} and {target} are peers'
    if RANK[target] > RANK[layer]:
        return f'{layer}/ includes "{name}": {target} is a layer above {layer}'
    if REQUESTS_HEADER.match(name):
        return f'{layer}/ includes "{name}": requests are issued in {target}/ only'
    return None


def check_file(layer: str, text: str):
    """Yields (line, message)."""
    code = without_noise(text)
    bare = code.splitlines()
    for number, line in enumerate(text.splitlines(), 1):
        # An #include that is commented out is none; what is left of a true one is the directive.
        if bare[number - 1].lstrip().startswith("#") and (include := INCLUDE.match(line)):
            message = check_include(layer, include.group(1), include.group(2))
            if message:
                yield number, message
        elif layer != "base" and CONDITIONAL.match(bare[number - 1]):
            if found := ARCHITECTURE.search(bare[number - 1]):
                yield number, f"{found.group()} outside base/: name the file *_x86 or *_arm64, CMake selects"
    for match in REQUEST.finditer(code):
        owner = OWNER[match.group(2)]
        if layer != owner:
            number = code.count("\n", 0, match.start(1)) + 1
            yield number, f"{match.group(1)} issued outside {owner}/"


def check_tree(root: pathlib.Path) -> tuple[list[str], int]:
    """Findings, and how many files were read."""
    findings, count = [], 0
    src = root / "src"
    for path in sorted(src.rglob("*")):
        if not path.is_file() or path.suffix not in SUFFIXES:
            continue
        count += 1
        shown = path.relative_to(root)
        layer = path.relative_to(src).parts[0]
        if layer not in RANK:
            findings.append(f"{shown}:1: {layer} is not a layer (tools/check_layers.py has the order)")
            continue
        for line, message in sorted(check_file(layer, path.read_text(encoding="utf-8"))):
            findings.append(f"{shown}:{line}: {message}")
    return findings, count


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    findings, count = check_tree(root)
    print(*findings, sep="\n", end="\n" if findings else "")
    if count == 0:
        print(f"{root}/src: no sources found")
        return 1
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
