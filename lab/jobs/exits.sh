# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# How often a guest leaves for the host, by cause, for each event: a guest with N events
# and one with 2 N; what both have in common, all of booting, falls out of the difference.
# bench/exits.sh starts it. L1 needs a CPU for everything else and one for each vCPU.
#   TAKT_CASES    takt, qemu:VARIANT (both)
#   TAKT_EVENTS   what happens (probe_words below), or tick: Linux with cyclictest (all)
#   TAKT_COUNT    N (1000)
# /results: CASE.EVENT.N.exits, the histograms of KVM's trace events; CASE.EVENT.N.console.

set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

count=${TAKT_COUNT:-1000}
tracing=/sys/kernel/tracing/events/kvm
probe=/probe

# traced on|off: what is counted, and by which of its fields.
traced() {
    for pair in kvm_exit:ret,esr_ec kvm_timer_update_irq:irq,level kvm_wfx_arm64:is_wfe \
        kvm_sys_access:CRn,CRm,Op2; do
        trigger=hist:keys=${pair#*:}:size=512
        [ "$1" = on ] || trigger="!$trigger"
        echo "$trigger" >"$tracing/${pair%%:*}/trigger"
    done
}
histograms() {
    for kvm_event in kvm_exit kvm_timer_update_irq kvm_wfx_arm64 kvm_sys_access; do
        echo "event $kvm_event"
        grep '^{' "$tracing/$kvm_event/hist" || true
    done
}

# probe_words EVENT N: its command line.
probe_words() {
    case $1 in
    timer-poll) echo "timer idle=poll period_us=200 samples=$2" ;;
    timer-halt) echo "timer idle=halt period_us=200 samples=$2" ;;
    ipi) echo "ipi iterations=$2" ;;
    *) fail "unknown event $1" ;;
    esac
}

# guest_files EVENT N: sets $guest_files and $words for the command line.
guest_files() {
    case $1 in
    tick)
        guest_files="--kernel /guest/vmlinuz --initrd /guest/initrd.cpio"
        words="$guest_parameters takt.job=interrupts takt.loops=$2 takt.interval=1000"
        ;;
    *)
        guest_files="--kernel $probe"
        words="$(probe_words "$@") hist=off"
        ;;
    esac
}

# place CPUS: vCPU n of QEMU, FIFO, alone on CPU n + 1.
place() {
    cpu=0
    while [ $cpu -lt "$1" ]; do
        tid=$(thread_named "$vmm" "CPU $cpu/KVM") || return 0
        taskset -c -p $((cpu + 1)) "$tid" >/dev/null
        chrt -f -p "$vcpu_prio" "$tid"
        cpu=$((cpu + 1))
    done
}

# run CASE EVENT N
run() {
    name=$(echo "$1" | tr : -).$2.$3
    by=$1
    cpus=1
    [ "$2" != ipi ] || cpus=2
    guest_files "$2" "$3"
    case $1 in
    takt)
        placement=$(for n in $(seq $cpus); do echo "--vcpu $((n - 1)):policy=fifo,priority=$vcpu_prio,cpu=$n"; done)
        # shellcheck disable=SC2086  # words, on purpose
        set -- "${takt:-/usr/bin/takt}" run $guest_files --memory "${guest_ram_mb}M" --cpus $cpus $placement --cmdline "$words"
        ;;
    qemu:*)
        TAKT_GUEST_CPUS=$cpus
        qemu_arguments "${1#*:}"
        # shellcheck disable=SC2046,SC2086  # words, on purpose
        set -- "$peer" $qemu_args -serial stdio $(echo "$guest_files" | sed 's/--/-/g') -append "$words"
        ;;
    *) fail "unknown case $1" ;;
    esac
    echo "$*" >"$results/$name.command"
    guard
    traced on
    "$@" >"$results/$name.console" 2>"$results/$name.vmm" </dev/null &
    vmm=$!
    guarded "$vmm"
    [ "$by" = takt ] || place $cpus
    finish "$name" "$vmm"
    histograms >"$results/$name.exits"
    traced off
    sed -i 's/\r//' "$results/$name.console"
    grep -q -e '^TAKT-PROBE done' -e '^TAKT-TIMER-INTERRUPTS' "$results/$name.console" || {
        tail -n 20 "$results/$name.console" "$results/$name.vmm" 2>/dev/null
        fail "$name: no report from the guest (VMM status $vmm_status)"
    }
}

cp /guest/version "$results/kernel"
guest_ram_mb=${TAKT_GUEST_RAM_MB:-256}
for case in ${TAKT_CASES:-takt qemu:virt-fifo}; do
    for event in ${TAKT_EVENTS:-tick timer-poll timer-halt ipi}; do
        run "$case" "$event" "$count"
        run "$case" "$event" $((count * 2))
        progress "$case, $event: counted"
    done
done
