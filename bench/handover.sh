#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `handover`: what a vCPU's thread pays for an access to a device that its server touches too:
# posted, synchronous under the device's lock (A), synchronous by the server (B). No KVM, no lab: this
# machine's nanoseconds, two of its CPUs.

# shellcheck source=bench/common.sh
. "$(dirname "$0")/common.sh"

case ${1:-} in
'') ;;
--help | -h) echo "usage: bench/handover.sh" && exit 0 ;;
*) bad_usage "unknown option $1" ;;
esac

! foreign || bad_usage "--arch $arch: it measures this machine"
program=$release_dir/bench/takt_handover_bench
built "$program"
mkdir -p "$out_dir"
raw=$out_dir/handover-raw.txt
say "handover: 4000 samples of each"
"$program" >"$raw" || die "$program failed"
"$bench_dir/handover.py" --json "$out_dir/handover-$json_arch.json" --takt "$takt" --command "$started_as" "$raw"
