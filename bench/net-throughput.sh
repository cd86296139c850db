#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `net-throughput`: TCP through an emulated NIC, in bytes and in transactions a second, and what it costs
# of the CPU. takt and QEMU in one boot of the deterministic lab, all of it on one CPU.

# shellcheck source=bench/devices.sh
. "$(dirname "$0")/devices.sh"

usage() {
    cat <<'END'
usage: bench/net-throughput.sh [--arch x86|arm64] [--samples N] [--seconds N] [--seeds K] [--parallel N]
                               [--cases WORDS] [--keep]

  --samples N    transactions of one small message each way (2000)
  --seconds N    that iperf3 sends in each direction (1)
  --seeds K      boots of the lab, each with another phase (3)
  --parallel N   boots at once; does not change the figures (CPUs, 2 at most)
  --cases WORDS  VMM:NIC (takt:MODEL, qemu:MODEL; MODEL e1000, virtio, virtio-vhost)
  --keep         use the boots of before, with the same options, instead of measuring again

Writes build/bench/net-throughput-ARCH.json.
END
}

seconds=1
device_options "takt:e1000 takt:virtio takt:virtio-vhost qemu:e1000 qemu:virtio qemu:virtio-vhost" 2000 "$@"
set -- "${own[@]}"
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) number "$1" "$2" && seconds=$2 ;;
    *) bad_usage "unknown option $1" ;;
    esac
    shift 2
done

boots net-throughput net-throughput.sh --with iperf3 --env "TAKT_SECONDS=$seconds" --env "TAKT_TRANSACTIONS=$count"
judged net-throughput --transactions "$count"
