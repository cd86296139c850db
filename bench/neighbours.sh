#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bench `neighbours`: the timer of a guest's real-time CPU while disk, network, console and balloon are busy for
# its other CPU. takt and QEMU in one boot of the deterministic lab.

# shellcheck source=bench/devices.sh
. "$(dirname "$0")/devices.sh"

usage() {
    cat <<'END'
usage: bench/neighbours.sh [--arch x86|arm64] [--samples N] [--seeds K] [--parallel N] [--cases WORDS] [--places one|own] [--keep]

  --samples N    timer interrupts under each load, 1 ms apart (1000)
  --seeds K      boots of the lab, each with another phase (3)
  --parallel N   boots at once; does not change the figures (CPUs, 2 at most)
  --cases WORDS  (takt qemu)
  --places own   L1 has four CPUs: the real-time CPU of the guest has one of them to itself, and a host thread another, whose
                 timer says how late the lab itself is (default)
  --places one   L1 has one CPU, and the guest's only CPU has the devices as well: no bar
  --keep         use the boots of before, with the same options, instead of measuring again

Writes build/bench/neighbours-ARCH.json. CPUs take turns in the lab and each is the slower for the others, so the bar
is also held against a guest without devices beside CPUs that only spin.
END
}

places=own
device_options "takt qemu" 1000 "$@"
[ ${#own[@]} = 0 ] || bad_usage "unknown option ${own[0]}"
smp=1
[ "$places" = one ] || smp=4
boots neighbours neighbours.sh --with fio --smp "$smp" --env "TAKT_PLACES=$places" --env "TAKT_LOOPS=$count"
judged neighbours --places "$places"
