# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# fio on a virtio disk: 4 KiB at random, reads and writes, one and 32 at a time; then a timer beside
# it on the guest's real-time CPU. bench/blk.sh starts it.
#   TAKT_CASES   takt, qemu:iothread (io_uring), qemu:io_uring, qemu:threads (both in the main loop)
#   TAKT_IOS     requests of each measurement (3000)
#   TAKT_LOOPS   samples of each cyclictest, 1 ms apart (1000); 0: none
#   TAKT_PLACES  one or own (devices.sh)
# The disk is one in L1's memory whose requests take 20 us, with O_DIRECT: what differs is the VMM.
# /results: CASE.RW-DEPTH.json of fio, CASE.RW-DEPTH.cpu (ns), CASE.quiet.hist, CASE.spin.hist (other CPUs only spin), CASE.busy.hist

set -eu
# shellcheck source=lab/jobs/devices.sh
. /job/devices.sh

ios=${TAKT_IOS:-3000}
loops=${TAKT_LOOPS:-1000}
guest_ram_mb=${TAKT_GUEST_RAM_MB:-256}
fio_words="--filename=/dev/vda --bs=4k --ioengine=libaio --direct=1 --thread --clocksource=clock_gettime --randseed=1"

# run_case VMM KIND
run_case() {
    case_name=$1${2:+-$2}
    by=$1
    [ "$1" = takt ] || by=$peer_for_devices
    vmm_start "$case_name" "$by" "$(disk_options "$1" /dev/disk1 "$2") $(nic_options "$1" virtio 1)"
    for rw in randread randwrite; do
        for depth in 1 32; do
            cpu=$(cpu_ns)
            echo "fio --name=x $fio_words --rw=$rw --iodepth=$depth --number_ios=$ios --output-format=json --output=/tmp/fio >/dev/null && cat /tmp/fio" |
                in_guest 1 >"$results/$case_name.$rw-$depth.json"
            echo $(($(cpu_ns) - cpu)) >"$results/$case_name.$rw-$depth.cpu"
            progress "$case_name, $rw, $depth at a time: $(sed -n 's/.*"iops" : \([1-9][0-9]*\).*/\1 IOPS/p' "$results/$case_name.$rw-$depth.json" | head -n 1)"
        done
    done
    if [ "$loops" != 0 ]; then
        timer_in_guest quiet
        start_spin
        above_loads timer_in_guest spin
        stop_spin
        echo "fio --name=load $fio_words --rw=randrw --iodepth=32 --time_based --runtime=10000 --output=/tmp/fio </dev/null >/dev/null 2>&1 &" | in_guest 1
        usleep 200000
        above_loads timer_in_guest busy
    fi
    tell_end 1
    vmm_end
}

# timer_in_guest LOAD
timer_in_guest() {
    echo "cyclictest -q -m -p95 -a $rt_cpu -t 1 -i1000 -l$loops -h 2000 | grep -Ev '^[0-9]+([[:space:]]+0+)+\$'" |
        in_guest 1 >"$results/$case_name.$1.hist"
    progress "$case_name, timer, $1: $(summary "$case_name.$1")"
}

cp /guest/version "$results/kernel"
tap 1
disk disk1 64 20000
guest_script <<END
load virtio_net virtio_blk
$(guest_nic 1)
wait_for /dev/vda
serve
until_told
END
for case in ${TAKT_CASES:-takt qemu:iothread qemu:io_uring qemu:threads}; do
    case $case in
    *:*) run_case "${case%%:*}" "${case#*:}" ;;
    *) run_case "$case" '' ;;
    esac
done
