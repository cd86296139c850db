# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# Round trips of a UDP message from a FIFO thread of the host to a FIFO thread of the guest and back,
# 100 a second, idle and under each load alone and all together. bench/net-rtt.sh starts it.
#   TAKT_CASES    VMM:MODEL, in this order: takt:e1000 takt:virtio takt:virtio-vhost qemu:e1000 qemu:virtio qemu:virtio-vhost
#   TAKT_LOADS    idle cpu disk flood blk console mgmt all
#   TAKT_SAMPLES  of each (200)
#   TAKT_KIND     udp (default) or icmp, which the guest's kernel answers
#   TAKT_PLACES   one or own (devices.sh): with own, the NIC's interrupt and who answers are on the guest's real-time CPU, and
#                 its loads on the other
# /results: CASE.LOAD.hist, CASE.LOAD.loads (what the loads did meanwhile), CASE.console

set -eu
# shellcheck source=lab/jobs/devices.sh
. /job/devices.sh

samples=${TAKT_SAMPLES:-200}
guest_ram_mb=${TAKT_GUEST_RAM_MB:-256}
all_loads="cpu disk flood blk console mgmt"
poll_ms=20

# --- the loads: start_LOAD, stop_LOAD

start_cpu() { hackbench -g 2 -f 5 -l 100000000 >/dev/null 2>&1 & }
stop_cpu() { killall -9 hackbench; }

# Writes, flushes, drops all caches, reads. On a disk whose requests take 100 us.
start_disk() {
    # shellcheck disable=SC2016  # expands in the child
    setsid sh -c 'while :; do
        dd if=/dev/zero of=/mnt/file bs=64k count=64 conv=fsync
        echo 3 >/proc/sys/vm/drop_caches
        dd if=/mnt/file of=/dev/null bs=64k
        echo >>/run/disk-rounds
    done' >/dev/null 2>&1 &
    disk_load=$!
}
stop_disk() { kill -9 "-$disk_load"; }

start_flood() { echo_bench flood 10.0.1.2 >/run/flood & flood_load=$!; }
stop_flood() { end_loads "$flood_load"; }

# The guest's loads leave some of the only CPU to those of the host: a vCPU that is always busy is above them.
start_blk() {
    in_guest 1 <<'END'
fio --name=load --filename=/dev/vda --rw=randrw --bs=4k --iodepth=8 --ioengine=libaio --direct=1 --thread \
    --clocksource=clock_gettime --rate_iops=1000,1000 --time_based --runtime=10000 --output=/tmp/fio </dev/null >/dev/null 2>&1 &
END
}
stop_blk() { echo 'killall -9 fio; cat /sys/block/vda/stat' | in_guest 1 >/run/blk; }

# The most expensive that each offers. Who asks is above the other loads: 50 a second it is also beside them.
start_mgmt() {
    case $by in
    takt)
        renice -n -20 -p "$(thread_named "$vmm" ctl)" >/dev/null
        mgmt_load=''
        for path in /api/v1/vm.stat /metrics "/api/v1/vm.trace?last_ms=1000"; do
            file=/run/poll
            [ -z "$mgmt_load" ] || file=/dev/null
            chrt -f $poll_prio "${takt:-/usr/bin/takt}" api $vm_name GET "$path" --every ${poll_ms}ms >$file 2>&1 &
            mgmt_load="$mgmt_load $!"
        done
        ;;
    *)
        chrt -f $poll_prio hmp_poll /run/hmp $poll_ms 'info registers' "screendump /run/screen" 'info mtree' >/run/poll &
        mgmt_load=$!
        ;;
    esac
}
stop_mgmt() {
    # shellcheck disable=SC2086  # words, on purpose
    end_loads $mgmt_load
}
polled() {
    case $by in
    takt) echo "polled $(grep -c '"uptime_ns"' /run/poll) times" ;;
    *) cat /run/poll ;;
    esac
}

# Those that the control connection needs come first, and end last.
loads_of() {
    case $1 in
    idle) ;;
    all) echo "blk console disk cpu flood mgmt" ;;
    *) echo "$1" ;;
    esac
}
backwards() { for word; do echo "$word"; done | sed '1!G;h;$!d'; }

# measure_and_stop CASE LOAD
measure_and_stop() {
    address=10.0.0.2
    [ "$kind" = icmp ] || address="$address 7007"
    cpu=$(cpu_ns)
    # shellcheck disable=SC2086  # words, on purpose
    echo_bench --priority 95 --samples "$samples" --histogram "$results/$1.$2.hist" $kind $address
    cpu=$(($(cpu_ns) - cpu))
    # shellcheck disable=SC2046
    for load in $(backwards $(loads_of "$2")); do "stop_$load" >/dev/null 2>&1 || true; done
}

# measure CASE LOAD
measure() {
    rm -f /run/disk-rounds /run/flood /run/poll /run/blk
    for load in $(loads_of "$2"); do "start_$load"; done
    usleep 200000
    above_loads measure_and_stop "$@"
    {
        echo "cpu_ns $cpu"
        [ ! -e /run/disk-rounds ] || echo "disk rounds $(wc -l </run/disk-rounds)"
        cat /run/flood /run/blk 2>/dev/null || true
        [ ! -e /run/poll ] || polled
    } >"$results/$1.$2.loads"
    progress "$1, $2: $(summary "$1.$2"), $(grep '^# Lost' "$results/$1.$2.hist" | tr -d '#')$([ ! -e /run/poll ] || polled | sed 's/^/, /')"
}

# run_case VMM MODEL
run_case() {
    case_name=$1-$2
    options="$(nic_options "$1" "$2" 0) $(nic_options "$1" "$2" 1) $(disk_options "$1" /dev/disk1 iothread)"
    if [ "$1" = takt ]; then
        vmm_start "$case_name" takt "$options"
    else
        vmm_start "$case_name" "$peer_for_devices" "$options $(hmp_options)"
    fi
    echo_bench --priority 95 --samples 20 udp 10.0.0.2 7007 >/dev/null
    for load in ${TAKT_LOADS:-idle $all_loads all}; do measure "$case_name" "$load"; done
    tell_end 1
    vmm_end
}

kind=${TAKT_KIND:-udp}
cp /guest/version "$results/kernel"
tap 0
tap 1
disk disk0 64 100000
disk disk1 64 20000
mke2fs /dev/disk0 >/dev/null
load ext4
mkdir -p /mnt
mount -t ext4 /dev/disk0 /mnt
guest_script <<END
load virtio_net e1000 virtio_blk
$(guest_nic 0)
irq_priority \$nic 90
[ $rt_cpu = 0 ] || irq_cpu \$nic $rt_cpu
$(guest_nic 1)
wait_for /dev/vda
serve $rt_cpu
until_told
END
for case in ${TAKT_CASES:-takt:e1000 takt:virtio takt:virtio-vhost qemu:e1000 qemu:virtio qemu:virtio-vhost}; do
    run_case "${case%%:*}" "${case#*:}"
done
