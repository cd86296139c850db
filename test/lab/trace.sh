# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# Traces of a guest and its host: trace.json. What takt leaves behind in the tracer: instances.*. And, with
# /spins, the tracer beside a vCPU that never leaves its CPU.
set -eu
# shellcheck source=test/lab/guests.sh
. /job/guests.sh
instances=/sys/kernel/tracing/instances

guest trace "--vcpu 0:cpu=1,policy=fifo,priority=$vcpu_prio --trace-host on --trace-file $results/trace.json" \
    takt.job=cyclictest takt.loops=300
ls $instances >"$results/instances.after"

guest_beside killed "--trace-host on" takt.job=shell
says killed TAKT-INIT
ls $instances >"$results/instances.running"
kill -9 "$(takt_pid)"
wait
ls $instances >"$results/instances.killed"

if [ -e /spins ]; then
    "$takt" run --kernel /spins --memory 16M --vcpu 0:cpu=1,policy=fifo,priority=60 --disable-exits all &
    spinner=$!
    thread_named "$spinner" vcpu0 >/dev/null
    sleep 1
fi
guest beside "--vcpu 0:cpu=0 --trace-host on --trace-file $results/beside.json" takt.job=info
ls $instances >"$results/instances.cleaned"
[ ! -e /spins ] || kill "$spinner"
wait
