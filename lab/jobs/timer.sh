# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# Timer latency of the host, of takt and of QEMU, all in one boot of L1.
# bench/timer.sh and bench/main-job.sh start it.
#   TAKT_LOOPS   samples of each cyclictest (20000)
#   TAKT_CASES   what to measure, in this order: host, takt:CASE, qemu:VARIANT
#                (takt_case below; VARIANT as lib.sh's qemu_arguments has them)

set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

loops=${TAKT_LOOPS:-20000}

# takt_case CASE: sets $takt_options. The console server is above the vCPU: it
# does nothing while cyclictest measures, and a guest that never lets the CPU go
# gets its output out.
takt_case() {
    takt_options="--vcpu 0:policy=fifo,priority=$vcpu_prio --server console:policy=fifo,priority=90"
    case $1 in
    hlt-exits) ;;
    hlt-exits-poll) takt_options="$takt_options --halt-poll-ns ${TAKT_HALT_POLL_NS:-2000000}" ;;
    no-hlt-exits) takt_options="$takt_options --disable-exits hlt,pause" ;;
    *) fail "unknown case $1 of takt" ;;
    esac
}

cp /guest/version "$results/kernel"
for case in ${TAKT_CASES:-host takt:no-hlt-exits qemu:pc-pm}; do
    name=$(echo "$case" | tr : -)
    case $case in
    host) host_cyclictest host "$loops" ;;
    takt:*)
        takt_case "${case#*:}"
        cyclictest_in "$name" "$loops" takt_guest "$takt_options"
        ;;
    qemu:*) cyclictest_in "$name" "$loops" qemu_guest "${case#*:}" ;;
    *) fail "unknown case $case" ;;
    esac
done
