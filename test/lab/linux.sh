# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# Real Debian kernels under takt, in one boot of L1. Leaves NAME.* of lib.sh for
# each guest, NAME.status (takt's exit status) and NAME.wall (L1's clock before).
set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

# guest NAME "TAKT OPTIONS" PARAMETER...: one guest, whatever its end.
guest() {
    date -u +%s >"$results/$1.wall"
    takt_guest "$@"
    echo "$vmm_status" >"$results/$1.status"
    progress "$1: status $vmm_status"
}

# Linux 6.12 lets OTHER threads have 50 ms of each second of a CPU that real-time threads fill
# (the fair server), RT throttling off or not. Here that would be preemptions of the vCPU.
for runtime in /sys/kernel/debug/sched/fair_server/cpu*/runtime; do echo 0 >"$runtime"; done

fifo="--vcpu 0:policy=fifo,priority=$vcpu_prio"
guest info "--print-stats" takt.job=info
guest cyclictest "$fifo --print-stats --print-effective" takt.job=cyclictest takt.loops=500
tagged cyclictest "$results/cyclictest.console" >"$results/cyclictest.hist"
guest crash "--disable-exits hlt" takt.job=crash

# PVH: the ELF image out of the same bzImage.
"${takt:-/usr/bin/takt}" run --kernel /vmlinux --initrd /guest/initrd.cpio --memory 512M \
    --cmdline "$guest_parameters takt.job=reboot" >"$results/pvh.console" 2>"$results/pvh.vmm" </dev/null &
finish pvh $!
echo "$vmm_status" >"$results/pvh.status"
progress "pvh: status $vmm_status"
