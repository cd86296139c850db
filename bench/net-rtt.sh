#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `net-rtt`: how long a message takes from a real-time thread of the host to one of the guest and back,
# through an emulated NIC, while nothing else happens and under loads. takt and QEMU in one boot of the
# deterministic lab.

# shellcheck source=bench/devices.sh
. "$(dirname "$0")/devices.sh"

usage() {
    cat <<'END'
usage: bench/net-rtt.sh [--arch x86|arm64] [--samples N] [--seeds K] [--parallel N] [--cases WORDS]
                        [--loads WORDS] [--kind udp|icmp] [--places one|own] [--keep]

  --samples N    messages of each case and load, 10 ms apart (200)
  --seeds K      boots of the lab, each with another phase (3)
  --parallel N   boots at once; does not change the figures (CPUs, 2 at most)
  --cases WORDS  VMM:NIC (takt:MODEL, qemu:MODEL; MODEL e1000, virtio, virtio-vhost)
  --loads WORDS  (idle cpu disk flood blk console mgmt all)
  --kind KIND    who answers: a FIFO thread of the guest (udp, default) or its kernel (icmp)
  --places one   L1 has one CPU, and the guest (default)
  --places own   L1 has three CPUs, the guest two, and the real-time one is not that of its loads
  --keep         use the boots of before, with the same options, instead of measuring again

Writes build/bench/net-rtt-ARCH.json, with places of their own net-rtt-own-ARCH.json, and a page beside it. A second of busy virtual time costs ten to thirty.
END
}

places=one kind=udp loads="idle cpu disk flood blk console mgmt all"
device_options "takt:e1000 takt:virtio takt:virtio-vhost qemu:e1000 qemu:virtio qemu:virtio-vhost" 200 "$@"
set -- "${own[@]}"
while [ $# -gt 0 ]; do
    case $1 in
    --loads) loads=$2 ;;
    --kind) kind=$2 ;;
    *) bad_usage "unknown option $1" ;;
    esac
    shift 2
done
case $kind in udp | icmp) ;; *) bad_usage "--kind $kind: udp or icmp" ;; esac

smp=1 variant=''
[ "$places" = one ] || smp=3 variant=-own
boots "net-rtt$variant-$kind" net-rtt.sh --with fio --smp "$smp" --env "TAKT_PLACES=$places" --env "TAKT_SAMPLES=$count" --env "TAKT_LOADS=$loads" --env "TAKT_KIND=$kind"
status=0
judged net-rtt || status=$?
shown=$(for case in $cases; do echo "${case%%:*}-${case#*:}-${loads##* }"; done | xargs)
[ ! -s "$json" ] || "$bench_dir/report.py" --html "${json%.json}.html" --show "$shown" "$json" >/dev/null
exit $status
