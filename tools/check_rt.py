#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what real-time code is made of: check_rt.py [ROOT]. Findings are `file:line: message`.

In src/, tests and fuzzers aside: base/pi_mutex.h is the lock, an eventfd the wake-up, base/thread.h the thread; there is
no other. System calls by number go past the run-time guard (base/rt_guard.h), so few files make any. And a function
that is marked RT builds nothing that allocates and says nothing, but in the block of an rt::Allowed.

The run-time guard finds what runs. This finds what is written, before it runs; it sees words, not types.
"""

import pathlib
import re
import sys

from check_layers import SUFFIXES, without_noise

# What may stand where, and why. A file that needs something else says so here.
ALLOWED = {
    ("std::this_thread::sleep_for", "src/base/cycles.cpp"): "control thread: the counter's rate, after a run",
    ("std::this_thread::sleep_for", "src/vm/board_arm64.cpp"): "control thread: how long a power button is pressed",
    ("nanosleep", "src/base/quiescence.cpp"): "control thread: until the vCPUs have left a table",
    ("std::this_thread::sleep_until", "src/cli/control_command.cpp"): "takt api --every: a process of its own",
    ("syscall(2)", "src/vm/vcpu_mailbox.cpp"): "futex(2): a paused vCPU's thread, in an rt::Allowed",
    ("syscall(2)", "src/base/fd.cpp"): "eventfds, which do not block",
    ("syscall(2)", "src/base/nonblocking_io.cpp"): "taps and sockets, which do not block",
    ("syscall(2)", "src/base/pi_mutex.cpp"): "futex(2) has no other name",
    ("syscall(2)", "src/base/rt_guard.cpp"): "tells of a breach",
    ("syscall(2)", "src/base/rt_page_faults.cpp"): "perf_event_open(2) has no other name",
    ("syscall(2)", "src/base/thread.cpp"): "gettid(2), where a thread starts",
}
# They define what they watch, under the names that are forbidden.
GUARD = re.compile(r"src/base/rt_guard_\w+\.(?:cpp|h)$")
TEST = re.compile(r"_(?:test|fuzz|fixture)\.(?:cpp|h)$|/(?:test_\w+|fakes)\.(?:cpp|h)$")

LOCK = "no lock but PiMutex (base/pi_mutex.h)"
WAKE = "no condition variable: glibc's do not inherit priorities; wake up by an eventfd (base/fd.h)"
THREAD = "threads are of base/thread.h: with a name, placed, all signals blocked"
WORDS = (
    (r"std::(?:recursive_|timed_|recursive_timed_|shared_|shared_timed_)?mutex\b", LOCK),
    (r"std::(?:lock_guard|unique_lock|shared_lock|scoped_lock)\b", LOCK),
    (r"std::(?:call_once|once_flag)\b", LOCK),
    (r"pthread_(?:mutex|rwlock|spin|once)\w*", LOCK),
    (r"std::condition_variable(?:_any)?\b", WAKE),
    (r"pthread_(?:cond|barrier)\w*", WAKE),
    (r"std::(?:counting_semaphore|binary_semaphore|latch|barrier)\b|\bsem_(?:wait|post|timedwait)\b", WAKE),
    (r"std::(?:future|shared_future|promise|packaged_task|async)\b", WAKE),
    (r"std::j?thread\b", THREAD),
    (r"std::this_thread::sleep_(?:for|until)\b", "nobody sleeps for a time: wait for what is to come"),
    (r"(?<![\w:])(?:::)?(?:clock_)?(?:nanosleep|usleep)\s*\(", "nobody sleeps for a time: wait for what is to come"),
    (r"(?<![\w:])(?:::)?syscall\s*\(", "a system call by number goes past the real-time guard"),
)
NAMES = {r"(?<![\w:])(?:::)?syscall\s*\(": "syscall(2)"}

# In functions marked RT.
MARKED = re.compile(r"\)\s*(?:const\s*)?(?:&\s*)?RT\s*(?:override\s*|final\s*)*(?::[^;{}]*(?:\{[^{}]*\}[^;{}]*)*)?\{")
HOLE = re.compile(r"\brt::(?:Allowed|Idle)\b")
RT_WORDS = (
    (r"\bnew\b", "new"),
    (r"(?<!=)(?<!= )\bdelete\b", "delete"),
    (r"\bthrow\b", "throw"),
    (r"std::(?:make_unique|make_shared|to_string|format)\b", "an allocation"),
    (r"std::(?:string|vector|deque|list|map|set|unordered_map|unordered_set|ostringstream|stringstream)\b(?!_)",
     "what allocates"),
    (r"\.(?:push_back|emplace_back|emplace|resize|reserve|append)\s*\(", "what allocates"),
    (r"std::function\b", "the construction of a std::function"),
    (r"\bfmt::", "fmt"),
    (r"\bsay\s*\(", "say()"),
    (r"\b(?:sys_error|env_error|usage_error|in_context)\s*\(", "an Error"),
    (r"std::(?:cout|cerr|clog)\b|\b(?:printf|fprintf|fputs|puts)\s*\(", "a stream"),
)


def line_of(code: str, index: int) -> int:
    return code.count("\n", 0, index) + 1


def check_words(name: str, code: str):
    """Yields (line, message)."""
    for pattern, why in WORDS:
        for match in re.finditer(pattern, code):
            word = NAMES.get(pattern, match.group().strip("(: "))
            if (word, name) not in ALLOWED:
                yield line_of(code, match.start()), f"{word}: {why}"


def body_end(code: str, start: int) -> int:
    """The index after the brace that closes the block whose inside starts at `start`."""
    depth = 1
    for index in range(start, len(code)):
        depth += {"{": 1, "}": -1}.get(code[index], 0)
        if depth == 0:
            return index + 1
    return len(code)


def without_holes(body: str) -> str:
    """The body with what stands after an rt::Allowed, up to its block's end, blanked; lines kept."""
    while hole := HOLE.search(body):
        end = body_end(body, hole.start())
        body = body[: hole.start()] + re.sub(r"[^\n]", " ", body[hole.start() : end - 1]) + body[end - 1 :]
    return body


def check_marked(code: str):
    """Yields (line, message) for the bodies of functions marked RT."""
    for function in MARKED.finditer(code):
        start = function.end()
        body = without_holes(code[start : body_end(code, start)])
        for pattern, what in RT_WORDS:
            for match in re.finditer(pattern, body):
                yield line_of(code, start + match.start()), f"{what} in a function marked RT, outside an rt::Allowed"


def check_file(name: str, text: str) -> list[tuple[int, str]]:
    """`name` is the path from the root."""
    if TEST.search(name) or GUARD.match(name):
        return []
    code = without_noise(text)
    return sorted({*check_words(name, code), *check_marked(code)})


def check_tree(root: pathlib.Path) -> tuple[list[str], int]:
    """Findings, and how many files were read."""
    findings, count = [], 0
    for path in sorted((root / "src").rglob("*")):
        if path.is_file() and path.suffix in SUFFIXES:
            count += 1
            name = path.relative_to(root).as_posix()
            found = check_file(name, path.read_text(encoding="utf-8"))
            findings += [f"{name}:{line}: {message}" for line, message in found]
    return findings, count


def stale(root: pathlib.Path) -> list[str]:
    """Exceptions for files that are not there any more."""
    return [f"tools/check_rt.py: {name} is not there" for _, name in ALLOWED if not (root / name).is_file()]


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    findings, count = check_tree(root)
    if count == 0:
        findings = [f"{root}/src: no sources found"]
    findings += stale(root)
    print(*findings, sep="\n", end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
