#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `timer`: cyclictest on an RT host, in a guest under takt and in a guest
# under QEMU, one vCPU FIFO on the only CPU of the deterministic lab.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
usage: bench/timer.sh [--arch x86|arm64] [--loops N] [--seeds K] [--parallel N] [--groups WORDS] [--keep]

  --loops N       samples of each cyclictest, 1 ms apart (20000)
  --seeds K       runs of each case, seeds 1..K: one run is one phase (5)
  --parallel N    boots of the lab at once; does not change the figures (CPUs, 2 at most)
  --groups WORDS  which kinds of idle handling: exits no-exits, on x86 also poll (all)
  --keep          use the runs of before, with the same options, instead of measuring again

Writes build/bench/timer-ARCH.json and a page beside it.
END
}

loops=20000 seeds=5 parallel=$(($(nproc) > 1 ? 2 : 1)) groups='' keep=''
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h) usage && exit 0 ;;
    --keep) keep=1 && shift && continue ;;
    --loops) [ $# -ge 2 ] && number "$1" "$2" && loops=$2 ;;
    --seeds) [ $# -ge 2 ] && number "$1" "$2" && seeds=$2 ;;
    --parallel) [ $# -ge 2 ] && number "$1" "$2" && parallel=$2 ;;
    --groups) [ $# -ge 2 ] && groups=$2 ;;
    *) bad_usage "unknown option $1" ;;
    esac
    [ $# -ge 2 ] || bad_usage "$1 needs a value"
    shift 2
done

# What is compared shares a boot: the host, takt and QEMU, with one kind of idle handling. On arm64
# WFI's is the host kernel's, for all guests.
cases_of() {
    case $arch-$1 in
    x86-exits) echo "host takt:hlt-exits qemu:pc qemu:pc-fifo-all qemu:pc-fifo qemu:microvm-fifo" ;;
    x86-poll) echo "host takt:hlt-exits-poll qemu-poll:pc-fifo" ;;
    x86-no-exits) echo "host takt:no-hlt-exits qemu:pc-pm qemu:microvm-pm" ;;
    arm64-exits) echo "host takt:wfi-exits qemu:virt qemu:virt-fifo-all qemu:virt-fifo" ;;
    arm64-no-exits) echo "host takt:no-wfi-exits qemu-notrap:virt qemu-notrap:virt-fifo-all qemu-notrap:virt-fifo" ;;
    *) bad_usage "--groups $1: exits, no-exits, or on x86 poll" ;;
    esac
}
if [ -z "$groups" ]; then
    groups="no-exits exits"
    [ "$arch" != x86 ] || groups="$groups poll"
fi
# shellcheck disable=SC2317  # called through in_background
l1_parameters_of() {
    [ "$arch-$1" != arm64-no-exits ] || echo kvm-arm.wfi_trap_policy=notrap
}

# one_boot SEED GROUP
# shellcheck disable=SC2317  # called through in_background
one_boot() {
    local dir=$raw/$1-$2 lab_label="seed $1, $2: "
    [ -z "$keep" ] || [ ! -s "$dir/lab-status-ok" ] || return 0
    say "timer: seed $1 of $seeds, $2: $(cases_of "$2")"
    in_lab "$dir" timer.sh --seed "$1" --timeout 3000 --append "$(l1_parameters_of "$2")" --add "$takt:/usr/bin/takt" \
        --env "TAKT_LOOPS=$loops" --env "TAKT_CASES=$(cases_of "$2")" --env TAKT_GUEST_RAM_MB=256 || return
    echo ok >"$dir/lab-status-ok"
}

built "$takt"
raw=$out_dir/raw/timer-$arch-$loops
mkdir -p "$raw"
for group in $groups; do cases_of "$group" >/dev/null; done
"$lab_dir/image.sh" >/dev/null # once, before several want it
directories=()
for seed in $(seq "$seeds"); do
    for group in $groups; do
        directories+=("$raw/$seed-$group")
        in_background "$parallel" one_boot "$seed" "$group"
    done
done
all_done
[ "$failed" = 0 ] || die "$failed of ${#directories[@]} boots of the lab failed: see $raw/*/job.log"

status=0
document_options
"$bench_dir/timer.py" --judge --json "$out_dir/timer-$json_arch.json" "${about[@]}" --seeds "$(seq -s ' ' "$seeds")" "${directories[@]}" || status=$?
[ ! -s "$out_dir/timer-$json_arch.json" ] ||
    "$bench_dir/report.py" --html "$out_dir/timer-$json_arch.html" "$out_dir/timer-$json_arch.json" >/dev/null
exit $status
