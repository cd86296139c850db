# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# Timer latency of the host, of takt and of QEMU, all in one boot of L1.
# bench/timer.sh and bench/main-job.sh start it.
#   TAKT_LOOPS   samples of each cyclictest (20000)
#   TAKT_CASES   what to measure, in this order: host, takt:CASE, qemu:VARIANT,
#                qemu-poll:VARIANT, qemu-notrap:VARIANT (takt_case below; VARIANT as lib.sh's
#                qemu_arguments has them; -poll: KVM polls as for takt's case;
#                -notrap, arm64: WFI does not exit, by L1's kernel parameter)
#   TAKT_OPTIONS, TAKT_VCPU_CPU   more options for takt; the CPU of its vCPU

set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

loops=${TAKT_LOOPS:-20000}
# Longer than the interval: KVM's polling lasts until the timer is due.
poll_ns=${TAKT_HALT_POLL_NS:-2000000}

# takt_case CASE: sets $takt_options. The console server is above the vCPU: it
# does nothing while cyclictest measures, and a guest that never lets the CPU go
# gets its output out.
takt_case() {
    takt_options="--vcpu 0:policy=fifo,priority=$vcpu_prio${TAKT_VCPU_CPU:+,cpu=$TAKT_VCPU_CPU} --server console:policy=fifo,priority=90 ${TAKT_OPTIONS:-}"
    case $1 in
    hlt-exits) ;;
    hlt-exits-poll) takt_options="$takt_options --halt-poll-ns $poll_ns" ;;
    no-hlt-exits) takt_options="$takt_options --disable-exits hlt,pause" ;;
    wfi-exits) wfi_policy trap ;;
    no-wfi-exits) wfi_policy notrap ;;
    *) fail "unknown case $1 of takt" ;;
    esac
}

# wfi_policy trap|notrap: the kernel's, for all guests: whether L1 was started with it.
wfi_policy() {
    started_with='trap'
    ! grep -q kvm-arm.wfi_trap_policy=notrap /proc/cmdline || started_with=notrap
    [ "$1" = $started_with ] || fail "WFI policy: $case wants $1, L1 has $started_with"
}

kvm_poll=/sys/module/kvm/parameters/halt_poll_ns

cp /guest/version "$results/kernel"
for case in ${TAKT_CASES:-$timer_cases}; do
    name=$(echo "$case" | tr : -)
    case $case in
    host) host_cyclictest host "$loops" ;;
    takt:*)
        takt_case "${case#*:}"
        cyclictest_in "$name" "$loops" takt_guest "$takt_options"
        ;;
    qemu:*) cyclictest_in "$name" "$loops" qemu_guest "${case#*:}" ;;
    qemu-notrap:*)
        wfi_policy notrap
        cyclictest_in "$name" "$loops" qemu_guest "${case#*:}"
        ;;
    qemu-poll:*) # QEMU has no option for it: the host's default, read when a VM is made
        default_ns=$(cat "$kvm_poll")
        echo "$poll_ns" >"$kvm_poll"
        cyclictest_in "$name" "$loops" qemu_guest "${case#*:}"
        echo "$default_ns" >"$kvm_poll"
        ;;
    *) fail "unknown case $case" ;;
    esac
done
