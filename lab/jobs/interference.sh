# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The timer of a real-time vCPU, by the probe guest, while the rest of its VM is quiet and while it
# gives takt no rest. bench/interference.sh starts it.
#   TAKT_SAMPLES  of each case (5000)
#   TAKT_CASES    what to run, in this order: quiet slow console polled all

set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

guest_ram_mb=64
probe=/$(basename "$TAKT_PROBE_FILE")

# words CASE: what the probe's second CPU does.
words() {
    case $1 in
    slow) echo "beside=slow" ;;
    console) echo "beside=console" ;;
    all) echo "beside=all" ;;
    esac
}

# One CPU: the real-time vCPU is above all else of its VM, the servers below it; the second vCPU and the
# control thread share what they leave.
run_case() {
    usleep "$phase_us"
    set -- "$1" /usr/bin/takt run --kernel "$probe" --testdev --cpus 2 --memory "${guest_ram_mb}M" --print-stats \
        --vcpu "0:policy=fifo,priority=$vcpu_prio" \
        --server console:policy=fifo,priority=20 --server slow:policy=fifo,priority=15 \
        --cmdline "timer period_us=1000 samples=${TAKT_SAMPLES:-5000} slow_us=50 $(words "$1")"
    name=$1
    shift
    echo "$*" >"$results/$name.command"
    guard
    "$@" >"$results/$name.console" 2>"$results/$name.vmm" </dev/null &
    vmm=$!
    guarded "$vmm"
    thread_named "$vmm" 'vcpu1' >/dev/null && threads "$vmm" >"$results/$name.threads"
    finish_keeping_words
    grep -q 'TAKT-PROBE done' "$results/$name.console" || {
        tail -n 20 "$results/$name.console" "$results/$name.vmm"
        fail "$name: no report from the probe (VMM status $vmm_status)"
    }
    progress "$name: $(sed -n 's/\r//; s/.*name=timer .*\(min=[0-9]* avg=[0-9]* p99=[0-9]* max=[0-9]* overruns=[0-9]*\).*/\1/p' "$results/$name.console") ns"
}

finish_keeping_words() {
    vmm_status=0
    wait "$vmm" || vmm_status=$?
    unguard
}

uname -r >"$results/kernel"
for one in ${TAKT_CASES:-quiet slow console all}; do
    run_case "$one"
done
