# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# Five faults, one at a time, under a VM with latency budgets, and a run without any; what
# `takt blame` says about each. bench/blame.sh starts it. One CPU: the vCPU at FIFO 80 shares it with
# what is to make it late; the slow device's server is above it, so that nothing else does.
#   TAKT_FAULTS   which (faults below)
# /results: FAULT.console, FAULT.vmm; FAULT/ with the bundles, and what `takt blame` says of N.json in
# N.blame.

set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

faults="none host-thread slow-device page-fault interrupt throttled"
budgets=exit_us=150,wakeup_us=60,job_us=150
fair_server=/sys/kernel/debug/sched/fair_server/cpu0/runtime
fair_server_ns=50000000 # of each second: the kernel's default

# spin N: so many turns of a loop; about 1.5 us each.
spin='turn=0; while [ $turn -lt "$0" ]; do turn=$((turn + 1)); done'

# probe_words FAULT: what the guest does meanwhile.
probe_words() {
    case $1 in
    none) echo "timer period_us=1000 samples=2000 exit cases=pio_test_write,mmio_read iterations=500" ;;
    slow-device) echo "exit cases=slow_ask slow_us=300 iterations=20 warmup=1" ;;
    page-fault) echo "exit cases=slow_fault iterations=20 warmup=1" ;;
    throttled) echo "timer idle=poll period_us=1000 samples=2500" ;;
    host-thread) echo "timer period_us=1000 samples=2000" ;;
    interrupt) echo "timer period_us=10000 samples=250" ;; # a wait at each look at most
    esac
}

# irq_thread NAME: the thread of that interrupt.
irq_thread() {
    for task in /proc/[0-9]*; do
        read -r comm <"$task/comm" || continue
        case $comm in irq/*-"$1") echo "${task##*/}" && return ;; esac
    done 2>/dev/null
    fail "no thread irq/*-$1"
}

# inject FAULT: while the guest runs.
inject() {
    until grep -q 'TAKT-PROBE v1' "$results/$1.console" || ! [ -d "/proc/$vmm" ]; do usleep 50000; done
    case $1 in
    host-thread) usleep 500000 && chrt -f 99 sh -c "$spin" 2000 ;;
    interrupt) # a UART's, whose thread runs before the vCPU and writes all that there is
        chrt -f -p 90 "$(irq_thread ttyS1)"
        usleep 500000
        yes "the UART of this job's log is flooded" | head -n 3000 >/dev/ttyS1
        ;;
    esac
}

# run FAULT
run() {
    spinner=
    mkdir "$results/$1"
    guard
    if [ "$1" = throttled ]; then
        echo $fair_server_ns >$fair_server
        sh -c 'while :; do :; done' &
        spinner=$!
    fi
    # shellcheck disable=SC2046  # words, on purpose
    "${takt:-/usr/bin/takt}" run --kernel /probe-x86.elf --testdev --memory 64M \
        --vcpu 0:policy=fifo,priority="$vcpu_prio" --server slow:policy=fifo,priority=85 \
        --server console:policy=fifo,priority=90 --print-stats --budget "$budgets,bundles=$results/$1" \
        --cmdline "$(probe_words "$1") hist=off" >"$results/$1.console" 2>"$results/$1.vmm" </dev/null &
    vmm=$!
    guarded "$vmm"
    inject "$1"
    finish "$1" "$vmm"
    [ -z "$spinner" ] || kill "$spinner"
    echo 0 >$fair_server
    grep -q '^TAKT-PROBE done' "$results/$1.console" || {
        tail -n 20 "$results/$1.console" "$results/$1.vmm" 2>/dev/null
        fail "$1: no report from the guest (VMM status $vmm_status)"
    }
    for bundle in "$results/$1"/*.json; do
        [ -e "$bundle" ] || continue
        "${takt:-/usr/bin/takt}" blame "$bundle" >"${bundle%.json}.blame"
    done
    progress "$1: $(sed -n 's/^cause: //p' "$results/$1"/*.blame 2>/dev/null | xargs)"
}

cp /guest/version "$results/kernel"
for fault in ${TAKT_FAULTS:-$faults}; do run "$fault"; done
