#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `blk`: a virtio disk under fio, and the timer of the guest's real-time CPU meanwhile. takt and QEMU in
# one boot of the deterministic lab.

# shellcheck source=bench/devices.sh
. "$(dirname "$0")/devices.sh"

usage() {
    cat <<'END'
usage: bench/blk.sh [--arch x86|arm64] [--samples N] [--loops N] [--seeds K] [--parallel N] [--cases WORDS]
                    [--places one|own] [--keep]

  --samples N    requests of each measurement (3000)
  --loops N      of each cyclictest, 1 ms apart (1000)
  --seeds K      boots of the lab, each with another phase (3)
  --parallel N   boots at once; does not change the figures (CPUs, 2 at most)
  --cases WORDS  (takt qemu:iothread qemu:io_uring qemu:threads)
  --places own   L1 has three CPUs, and the real-time CPU of the guest one of them to itself (default)
  --places one   L1 has one CPU, and the guest's only CPU does both
  --keep         use the boots of before, with the same options, instead of measuring again

Writes build/bench/blk-ARCH.json.
END
}

loops=1000 places=own
device_options "takt qemu:iothread qemu:io_uring qemu:threads" 3000 "$@"
set -- "${own[@]}"
while [ $# -gt 0 ]; do
    case $1 in
    --loops) number "$1" "$2" && loops=$2 ;;
    *) bad_usage "unknown option $1" ;;
    esac
    shift 2
done

smp=1
[ "$places" = one ] || smp=3
boots blk blk.sh --with fio --smp "$smp" --env "TAKT_PLACES=$places" --env "TAKT_IOS=$count" --env "TAKT_LOOPS=$loops"
judged blk --places "$places" --ios "$count"
