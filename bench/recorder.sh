#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `recorder`: what the flight recorder costs for each exit of a vCPU. No KVM,
# no lab: this machine's nanoseconds.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

case ${1:-} in
'') ;;
--help | -h) echo "usage: bench/recorder.sh" && exit 0 ;;
*) bad_usage "unknown option $1" ;;
esac

! foreign || bad_usage "--arch $arch: it measures this machine"
program=$release_dir/bench/takt_recorder_bench
built "$program"
mkdir -p "$out_dir"
raw=$out_dir/recorder-raw.json
say "recorder: an exit recorded and not, 20 times each, in random order"
"$program" --benchmark_repetitions=20 --benchmark_min_time=0.05 \
    --benchmark_enable_random_interleaving=true --benchmark_out="$raw" --benchmark_out_format=json \
    >"$out_dir/recorder.log" 2>&1 || { cat "$out_dir/recorder.log" >&2; die "$program failed"; }
"$bench_dir/recorder.py" --json "$out_dir/recorder-$json_arch.json" --takt "$takt" --command "$started_as" "$raw"
