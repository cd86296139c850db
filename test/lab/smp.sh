# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# A guest with several vCPUs on two CPUs: function and races, no figures. TAKT_GUEST_CPUS: how many (2).
# And the probe's interrupts from CPU to CPU, if /probe is there.
set -eu
# shellcheck source=test/lab/guests.sh
. /job/guests.sh
cpus=${TAKT_GUEST_CPUS:-2}
places=
for n in $(seq 0 $((cpus - 1))); do places="$places --vcpu $n:cpu=$((n % 2))"; done
guest smp "--cpus $cpus $places --print-stats --print-effective" takt.job=smp takt.loops=1000
[ ! -e /probe ] ||
    bare probe --kernel /probe --testdev --cpus 2 --vcpu 0:cpu=0 --vcpu 1:cpu=1 --cmdline "ipi iterations=20 hist=off"
