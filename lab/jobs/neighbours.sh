# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The timer of a guest's real-time CPU while devices work for its other CPU, each alone and all together.
# bench/neighbours.sh starts it.
#   TAKT_CASES   takt qemu
#   TAKT_LOADS   quiet spin disk net console balloon all
#   TAKT_LOOPS   samples of each, 1 ms apart (1000)
#   TAKT_PLACES  own: L1 has three CPUs or more (devices.sh); one: the guest has one CPU, which is the real-time one and has the
#                devices too
# /results: CASE.LOAD.hist, and with a fourth CPU CASE.LOAD.control.hist: a host thread's timer there, where nothing else is and
# no VM. How late it is, the lab is.

set -eu
# shellcheck source=lab/jobs/devices.sh
. /job/devices.sh

loops=${TAKT_LOOPS:-1000}
guest_ram_mb=${TAKT_GUEST_RAM_MB:-256}

start_disk() {
    echo "fio --name=load --filename=/dev/vda --rw=randrw --bs=4k --iodepth=8 --ioengine=libaio --direct=1 --thread \
        --clocksource=clock_gettime --rate_iops=1000,1000 --time_based --runtime=10000 --output=/tmp/fio </dev/null >/dev/null 2>&1 &" | in_guest 1
}
stop_disk() { echo 'killall -9 fio' | in_guest 1; }
start_net() { echo_bench flood 10.0.0.2 >/dev/null & net_load=$!; }
stop_net() { kill "$net_load"; }
# To and fro, five times a second.
start_balloon() {
    case $by in
    takt)
        while :; do
            for mib in 32 0; do
                "${takt:-/usr/bin/takt}" api $vm_name PUT "/api/v1/vm.balloon?target_mib=$mib"
                usleep 200000
            done
        done >/dev/null 2>&1 &
        ;;
    *) hmp_poll --in-turn /run/hmp 200 "balloon $((guest_ram_mb - 32))" "balloon $guest_ram_mb" >/dev/null & ;;
    esac
    balloon_load=$!
}
stop_balloon() { kill "$balloon_load"; }

loads_of() {
    case $1 in
    quiet) ;;
    all) echo "disk console balloon net" ;;
    *) echo "$1" ;;
    esac
}

control() { taskset -c 3 cyclictest -q -m -p95 -a 3 -t 1 -i1000 -l"$loops" -h 2000 | grep -Ev '^[0-9]+([[:space:]]+0+)+$'; }

measure_and_stop() {
    [ ! -d /sys/devices/system/cpu/cpu3 ] || control >"$results/$case_name.$1.control.hist" &
    controls=$!
    echo "cyclictest -q -m -p95 -a $rt_cpu -t 1 -i1000 -l$loops -h 2000 | grep -Ev '^[0-9]+([[:space:]]+0+)+\$'" |
        in_guest 1 >"$results/$case_name.$1.hist"
    wait "$controls"
    # shellcheck disable=SC2046  # words, on purpose
    for load in $(loads_of "$1"); do "stop_$load" >/dev/null 2>&1 || true; done
}

# measure LOAD
measure() {
    for load in $(loads_of "$1"); do "start_$load"; done
    usleep 200000
    above_loads measure_and_stop "$1"
    progress "$case_name, $1: $(summary "$case_name.$1")$([ ! -e "$results/$case_name.$1.control.hist" ] || echo "; a host thread alone: $(summary "$case_name.$1.control")")"
}

run_case() {
    case_name=$1
    options="$(nic_options "$1" virtio 0) $(nic_options "$1" virtio 1) $(disk_options "$1" /dev/disk1 iothread)"
    case $1 in
    takt) vmm_start takt takt "$options --balloon" ;;
    *) vmm_start qemu "$peer_for_devices" "$options $(hmp_options) -device virtio-balloon-pci,disable-legacy=on" ;;
    esac
    for one in ${TAKT_LOADS:-quiet spin disk net console balloon all}; do measure "$one"; done
    tell_end 1
    vmm_end
}

cp /guest/version "$results/kernel"
tap 0
tap 1
disk disk1 64 20000
guest_script <<END
load virtio_net virtio_blk virtio_balloon
$(guest_nic 0)
$(guest_nic 1)
wait_for /dev/vda
serve
until_told
END
for one_case in ${TAKT_CASES:-takt qemu}; do run_case "$one_case"; done
