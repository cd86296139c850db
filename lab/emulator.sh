#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Prints the path of the emulator that runs L1: Debian's QEMU, or with --in-turn, for
# several CPUs with one clock, that of Debian's backports where Debian's own is older
# than 8.1; on x86 a copy of it with one instruction taken out.
#
# Why backports. Before 8.1 a CPU whose turn comes gets the instructions that are left
# until the next timer is due; the one before it has just used them up. It runs
# none, the timer is handled, and the first has its turn again: of two busy CPUs one
# stands still until something else ends a turn (seen: 1.4 ms, with timers every
# 16 us). x86 does not even boot so. Since 8.1 each gets a share.
#
# Why a copy. When VMRUN injects an external interrupt, QEMU's helper_vmrun() sets
# cs->exception_index = vector and then delivers the interrupt itself; the index
# stays set. If the emulator must leave translated code before the next exit or
# exception of the guest (a timer of L1 is due: with -icount that is a question of
# phase), it takes the stale index for a pending exception and delivers the same
# interrupt again, into a handler that runs with interrupts off. A Linux guest
# then spins for ever on the lock its interrupted self holds, usually that of
# hrtimer_interrupt(); about one run of 20 s in five. Any VMM on any nested SVM
# under QEMU's emulator is hit (7.2 and 10.0).
#
# The store of the index is dead otherwise (delivery gets the vector as an argument),
# so it becomes a no-op of the same length. The pattern is what the compiler makes of
#   exception_index = vector; error_code = ...; exception_is_int = 0; exception_next_eip = -1;
# and must occur exactly once; else the emulator is used as it is, with a note.

# shellcheck source=lab/common.sh
. "$(dirname "$0")/common.sh"
need "$l1_qemu" grep dd

gives_shares() {
    local version
    version=$("$original" --version | sed -n 's/^QEMU emulator version \([0-9.]*\).*/\1/p')
    [ "$(printf '%s\n' 8.1 "$version" | sort -V | head -n 1)" = 8.1 ]
}

# Needs no library that Debian's own, which is installed, does not need.
backported() {
    local debs
    debs=$("$lab_dir/debs.sh" "$(dpkg --print-architecture)" --suite "$(codename)-backports" --alone "$l1_package") &&
        "$debs/usr/bin/$l1_qemu" --version >/dev/null &&
        echo "$debs/usr/bin/$l1_qemu"
}

original=$(command -v "$l1_qemu")
[ "${1:-}" != --in-turn ] || gives_shares || original=$(backported) ||
    die "several CPUs with one clock need QEMU 8.1 or later, and backports did not give it (above); --mode stress does without"
[ "$arch" = x86 ] || { echo "$original" && exit; }
# movzbl vector; mov r32 -> error_code; mov r32 -> exception_index (10 bytes in);
# movl $0 -> exception_is_int; movq $-1 -> exception_next_eip; testb $2 qemu_loglevel
pattern='(?s)\x0f\xb6[\xc0-\xff]\x44\x89[\x80-\xbf].{4}\x89[\x80-\xbf].{4}\xc7[\x80-\xbf].{4}\x00{4}\x48\xc7[\x80-\xbf].{4}\xff{4}\xf6\x05.{4}\x02'
store_at=10
nop6='\x66\x0f\x1f\x44\x00\x00'

emulator_dir=$out_dir/emulator/$(key_of "$lab_dir/emulator.sh" "$original" --)
if [ ! -d "$emulator_dir" ]; then
    mapfile -t found < <(grep -obUaP "$pattern" "$original" | grep -aoE '^[0-9]+')
    new_temp_dir "$out_dir/emulator"
    mkdir "$temp/emulator"
    if [ ${#found[@]} = 1 ]; then
        cp "$original" "$temp/emulator/qemu-system-x86_64"
        printf '%b' "$nop6" | dd of="$temp/emulator/qemu-system-x86_64" bs=1 seek=$((found[0] + store_at)) conv=notrunc status=none
    else
        ln -s "$original" "$temp/emulator/qemu-system-x86_64"
        note "$original: ${#found[@]} places look like the double delivery of interrupts, not 1: left as it is; guests may hang"
    fi
    publish "$temp/emulator" "$emulator_dir"
    keep_newest 2 "$out_dir"/emulator/[0-9a-f]*
fi
echo "$emulator_dir/qemu-system-x86_64"
