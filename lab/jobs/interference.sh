# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The timer of a real-time vCPU, by the probe guest, while the rest of its VM is quiet and while it
# gives takt no rest. bench/interference.sh starts it.
#   TAKT_SAMPLES  of each case (5000)
#   TAKT_CASES    what to run, in this order: quiet, host (no VM's doing: two ordinary processes of the
#                 host write and read a pipe), slow (the second vCPU hammers the slow device),
#                 console (it floods the console), polled (statistics at 100 Hz, the dispatch table
#                 published anew at 10 Hz), all
#   TAKT_PROBE_FILE  the probe guest

set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

guest_ram_mb=64
takt=/usr/bin/takt

# words CASE: what the probe's second CPU does.
words() {
    case $1 in
    slow) echo "beside=slow" ;;
    console) echo "beside=console" ;;
    all) echo "beside=all" ;;
    esac
}

# Until the VM is gone; that it is then is no failure.
poll() {
    "$takt" api probe GET /api/v1/vm.stat --every 10ms >"$results/$name.polls" 2>/dev/null &
    "$takt" api probe PUT /api/v1/testdev.republish --every 100ms >/dev/null 2>&1 &
}

# One CPU: the real-time vCPU is above all else; the second vCPU, the servers, the control thread and
# those who ask it share what it leaves.
run_case() {
    name=$1
    usleep "$phase_us"
    set -- "$takt" run --name probe --kernel "$TAKT_PROBE_FILE" --testdev --cpus 2 --memory "${guest_ram_mb}M" --print-stats \
        --vcpu "0:policy=fifo,priority=$vcpu_prio" \
        --cmdline "timer period_us=1000 samples=${TAKT_SAMPLES:-5000} slow_us=50 $(words "$name")"
    echo "$*" >"$results/$name.command"
    guard
    "$@" >"$results/$name.console" 2>"$results/$name.vmm" </dev/null &
    vmm=$!
    guarded "$vmm"
    thread_named "$vmm" 'vcpu1' >/dev/null && threads "$vmm" >"$results/$name.threads"
    case $name in
    polled | all) poll ;;
    host) setsid sh -c 'yes | cat >/dev/null' & beside=$! ;;
    esac
    vmm_status=0
    wait "$vmm" || vmm_status=$?
    [ "$name" != host ] || kill -9 "-$beside"
    unguard
    grep -q 'TAKT-PROBE done' "$results/$name.console" || {
        tail -n 20 "$results/$name.console" "$results/$name.vmm"
        fail "$name: no report from the probe (VMM status $vmm_status)"
    }
    sed -i 's/\r//; /^beside:/d' "$results/$name.console"
    polls=0
    [ ! -e "$results/$name.polls" ] || polls=$(grep -c '"uptime_ns"' "$results/$name.polls") || true
    rm -f "$results/$name.polls"
    echo "$polls" >"$results/$name.polled"
    progress "$name: $(sed -n 's/.*name=timer .*\(min=[0-9]* avg=[0-9]* p99=[0-9]* max=[0-9]* overruns=[0-9]*\).*/\1/p' "$results/$name.console") ns, polled $polls times"
}

uname -r >"$results/kernel"
for one in ${TAKT_CASES:-quiet host slow console polled all}; do
    run_case "$one"
done
