#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `timer`: cyclictest on an RT host, in a guest under takt and in a guest
# under QEMU, one vCPU FIFO on the only CPU of the deterministic lab.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

usage() {
    cat <<'END'
usage: bench/timer.sh [--loops N] [--seeds K] [--parallel N] [--groups WORDS] [--keep]

  --loops N       samples of each cyclictest, 1 ms apart (20000)
  --seeds K       runs of each case, seeds 1..K: one run is one phase (5)
  --parallel N    boots of the lab at once; does not change the figures (CPUs, 2 at most)
  --groups WORDS  which kinds of idle handling: exits poll no-exits (all three)
  --keep          use the runs of before, with the same options, instead of measuring again

Writes build/bench/timer-ARCH.json and a page beside it.
END
}

loops=20000 seeds=5 parallel=$(($(nproc) > 1 ? 2 : 1)) groups="no-exits exits poll" keep=''
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

# What is compared shares a boot: the host, takt and QEMU, with one kind of idle handling.
cases_of() {
    case $1 in
    exits) echo "host takt:hlt-exits qemu:pc qemu:pc-fifo-all qemu:pc-fifo qemu:microvm-fifo" ;;
    poll) echo "host takt:hlt-exits-poll qemu-poll:pc-fifo" ;;
    no-exits) echo "host takt:no-hlt-exits qemu:pc-pm qemu:microvm-pm" ;;
    *) bad_usage "--groups $1: exits, poll or no-exits" ;;
    esac
}

# one_boot SEED GROUP
# shellcheck disable=SC2317  # called through in_background
one_boot() {
    local dir=$raw/$1-$2 lab_label="seed $1, $2: "
    [ -z "$keep" ] || [ ! -s "$dir/lab-status-ok" ] || return 0
    say "timer: seed $1 of $seeds, $2: $(cases_of "$2")"
    in_lab "$dir" timer.sh --seed "$1" --timeout 3000 --add "$takt:/usr/bin/takt" \
        --env "TAKT_LOOPS=$loops" --env "TAKT_CASES=$(cases_of "$2")" --env TAKT_GUEST_RAM_MB=256 || return
    echo ok >"$dir/lab-status-ok"
}

built "$takt"
raw=$out_dir/raw/timer-$loops
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
"$bench_dir/timer.py" --judge --json "$out_dir/timer-$arch.json" --takt "$takt" --command "$started_as" \
    --seeds "$(seq -s ' ' "$seeds")" "${directories[@]}" || status=$?
[ ! -s "$out_dir/timer-$arch.json" ] ||
    "$bench_dir/report.py" --html "$out_dir/timer-$arch.html" "$out_dir/timer-$arch.json" >/dev/null
exit $status
