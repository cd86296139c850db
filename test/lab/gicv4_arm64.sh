# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# A host with kvm-arm.vgic_v4_enable=1, where the place of a vCPU thread decides whether its guest runs.
set -eu
# shellcheck source=test/lab/guests.sh
. /job/guests.sh
guest info "--vcpu 0:policy=fifo,priority=60 --print-stats --print-effective" takt.job=info
dmesg | grep -E 'kvm|GIC' >"$results/host"
bare other --kernel /guest/vmlinuz
bare fifo-50 --kernel /guest/vmlinuz --vcpu 0:policy=fifo,priority=50

# What follows the warning is not this job's business.
takt run --kernel /guest/vmlinuz --rt-mode best-effort >/dev/null 2>"$results/best-effort.vmm" </dev/null &
pid=$!
while [ -d /proc/$pid ] && ! [ -s "$results/best-effort.vmm" ]; do usleep 10000; done
[ -d /proc/$pid ] && echo running >"$results/best-effort.status"
kill -9 $pid
wait $pid || true
