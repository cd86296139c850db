#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `dispatch`: what one access through takt's bus costs, beside a std::map
# with a mutex. No KVM, no lab: this machine's nanoseconds.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

repetitions=20
while [ $# -gt 0 ]; do
    case $1 in
    --help | -h)
        echo "usage: bench/dispatch.sh [--repetitions N]    (default 20)"
        exit 0
        ;;
    --repetitions)
        [ $# -ge 2 ] || bad_usage "$1 needs a value"
        number "$1" "$2"
        repetitions=$2
        shift 2
        ;;
    *) bad_usage "unknown option $1" ;;
    esac
done

! foreign || bad_usage "--arch $arch: it measures this machine"
program=$release_dir/bench/takt_dispatch_bench
built "$program"
mkdir -p "$out_dir"
raw=$out_dir/dispatch-raw.json
say "dispatch: 16 cases, $repetitions times each, in random order"
"$program" --benchmark_repetitions="$repetitions" --benchmark_min_time=0.03 \
    --benchmark_enable_random_interleaving=true --benchmark_out="$raw" --benchmark_out_format=json \
    >"$out_dir/dispatch.log" 2>&1 || { cat "$out_dir/dispatch.log" >&2; die "$program failed"; }
"$bench_dir/dispatch.py" --json "$out_dir/dispatch-$json_arch.json" --takt "$takt" --command "$started_as" "$raw"
