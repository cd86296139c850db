# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# What jobs with devices share, on top of lib.sh: `. /job/devices.sh` (part `devices`, lab/part.sh). A VMM runs
# beside the job here: vmm_start, what the job does, vmm_end.
#
# Places on the one CPU, both VMMs alike:
#   95  who measures on the host           85  network: takt's server, QEMU's main loop and vhost thread
#   80  the vCPU                           75  disk: takt's server, QEMU's I/O thread
#   70  takt's console server              65  who polls the VMM
#   OTHER  everything else, and the loads of the host; takt's control thread, nice -20: what is polled costs more
#       than there is of the CPU, and above the loads it would leave them nothing
# The network is above the vCPU: what the guest does must not keep a packet from it. The console is below: the
# guest's UART driver has its softirqs off while it writes, and a server that preempts the vCPU makes that longer.
#
# With TAKT_PLACES=own, where L1 has three CPUs: vCPU 1, the real-time one, alone on CPU 2; vCPU 0, FIFO 70, on CPU 1;
# all else on CPU 0. On one CPU a guest cannot have two vCPUs of different priorities: the higher
# would spin for ever on what the lower holds (its clock's sequence counter is enough).

# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

net_prio=${TAKT_NET_PRIO:-85}
disk_prio=${TAKT_DISK_PRIO:-75}
console_prio=${TAKT_CONSOLE_PRIO:-70}
poll_prio=65
guest_timeout=${TAKT_GUEST_TIMEOUT:-600}
vm_name=guest
takt_vcpus="--vcpu 0:policy=fifo,priority=$vcpu_prio"
takt_server_cpu=''
rt_cpu=0 # of the guest
if [ "${TAKT_PLACES:-one}" = own ]; then
    TAKT_GUEST_CPUS=2
    rt_cpu=1
    takt_vcpus="--cpus 2 --vcpu 0:policy=fifo,priority=$((vcpu_prio - 10)),cpu=1 --vcpu 1:policy=fifo,priority=$vcpu_prio,cpu=2"
    takt_server_cpu=,cpu=0
    echo 0 >/proc/sys/kernel/timer_migration # an idle isolated CPU gives its timers away otherwise, to the busy one
    guest_parameters="$guest_parameters isolcpus=managed_irq,domain,1 nohz_full=1 rcu_nocbs=1 irqaffinity=0"
fi

# load MODULE...
load() {
    for module; do
        while read -r needed; do
            [ -e "/sys/module/$(echo "$needed" | tr - _)" ] || insmod "/lib/modules/$needed.ko"
        done <"/lib/modules/$module.needs"
    done
}

# tap N: tapN with 10.0.N.1 for a guest with 10.0.N.2. MACs are known to both sides: nothing asks for them later.
host_mac() { echo "52:54:00:00:0$1:01"; }
guest_mac() { echo "52:54:00:00:0$1:02"; }
tap() {
    load tun
    tunctl -t "tap$1" >/dev/null
    tap_address "$1"
}
# tap_address N: the same for a tap that is there.
tap_address() {
    echo 1 >"/proc/sys/net/ipv6/conf/tap$1/disable_ipv6"
    ip link set "tap$1" address "$(host_mac "$1")"
    ip addr add "10.0.$1.1/24" dev "tap$1"
    ip link set "tap$1" up
    arp -s "10.0.$1.2" "$(guest_mac "$1")"
}
# guest_nic N: the guest's words for its side.
guest_nic() { echo "nic $(guest_mac "$1") 10.0.$1.2 10.0.$1.1 $(host_mac "$1")"; }

# disk NAME MB LATENCY_NS: /dev/NAME, a disk in memory with O_DIRECT whose requests complete LATENCY_NS
# later, by a timer; 0: at once, in the submitter. tmpfs has neither O_DIRECT nor asynchronous completion.
disk() {
    load null_blk
    [ -d /sys/kernel/config/nullb ] || mount -t configfs configfs /sys/kernel/config
    dir=/sys/kernel/config/nullb/$1
    mkdir "$dir"
    echo "$2" >"$dir/size"
    echo 1 >"$dir/memory_backed"
    echo 512 >"$dir/blocksize"
    echo 64 >"$dir/hw_queue_depth"
    if [ "$3" = 0 ]; then
        echo 0 >"$dir/irqmode"
    else
        echo 2 >"$dir/irqmode"
        echo "$3" >"$dir/completion_nsec"
    fi
    echo 1 >"$dir/power"
}

# guest_script: what the guest does, from stdin; sets $guest_initrd. The functions of guest-devices are there.
guest_script() {
    rm -rf /tmp/script.d
    mkdir -p /tmp/script.d
    { cat && echo; } >/tmp/script.d/script
    (cd /tmp/script.d && echo script | cpio -o -H newc 2>/dev/null) >/tmp/script.cpio
    cat /guest/initrd.cpio /guest/more.cpio /tmp/script.cpio >/tmp/initrd.cpio
    guest_initrd=/tmp/initrd.cpio
}

# place TASK_PATTERN PRIORITY: threads of the VMM with such a name.
place() {
    for task in "/proc/$vmm/task"/*; do
        read -r comm 2>/dev/null <"$task/comm" || continue
        # shellcheck disable=SC2254  # a pattern
        case $comm in $1) chrt -f -p "$2" "${task##*/}" ;; esac
    done
}

# place_qemu: main loop, vCPUs, I/O and vhost threads.
place_qemu() {
    if [ "${TAKT_PLACES:-one}" = own ]; then
        tid=$(thread_named "$vmm" 'CPU 1/KVM')
        taskset -a -c -p 0 "$vmm" >/dev/null
        taskset -c -p 2 "$tid" >/dev/null && chrt -f -p "$vcpu_prio" "$tid"
        tid=$(thread_named "$vmm" 'CPU 0/KVM')
        taskset -c -p 1 "$tid" >/dev/null && chrt -f -p "$((vcpu_prio - 10))" "$tid"
    else
        tid=$(thread_named "$vmm" 'CPU 0/KVM') && chrt -f -p "$vcpu_prio" "$tid"
    fi
    chrt -f -p "$net_prio" "$vmm"
    place 'vhost-*' "$net_prio"
    place 'IO *' "$disk_prio"
}

# vmm_start NAME VMM "MORE OPTIONS": the guest of guest_script under takt or QEMU; returns when it says
# TAKT-READY. VMM: takt, or a variant of qemu_arguments.
vmm_start() {
    name=$1 by=$2
    words="$guest_parameters takt.job=script${guest_words_more:+ $guest_words_more}"
    case $by in
    takt)
        # shellcheck disable=SC2086  # words, on purpose
        set -- "${takt:-/usr/bin/takt}" run --name $vm_name --kernel /guest/vmlinuz --initrd "$guest_initrd" \
            --memory "${guest_ram_mb}M" $takt_vcpus --server "console:policy=fifo,priority=$console_prio$takt_server_cpu" $3 \
            --cmdline "$words"
        ;;
    *)
        qemu_arguments "$by"
        # shellcheck disable=SC2086
        set -- "$peer" $qemu_args -serial stdio $3 -kernel /guest/vmlinuz -initrd "$guest_initrd" \
            -append "$words takt.end=$peer_guest_end"
        ;;
    esac
    echo "$*" >"$results/$name.command"
    usleep "$phase_us"
    guard
    "$@" >"$results/$name.console" 2>"$results/$name.vmm" </dev/null &
    vmm=$!
    guarded "$vmm"
    tries=0
    until grep -q -e TAKT-READY -e TAKT-ERROR "$results/$name.console"; do
        [ -d "/proc/$vmm" ] || vmm_failed "ended before the guest was ready"
        tries=$((tries + 1))
        [ $tries -lt 400 ] || vmm_failed "the guest is not ready after 40 s"
        usleep 100000
    done
    ! grep -q TAKT-ERROR "$results/$name.console" || vmm_failed "an error in the guest"
    # Not before: SeaBIOS polls a disk, and a FIFO vCPU that polls keeps the thread that serves it from the only CPU.
    [ "$by" = takt ] || place_qemu
    threads "$vmm" >"$results/$name.threads"
    read -r up _ </proc/uptime
    progress "$name: ready, $up s of L1's time"
}
vmm_failed() {
    tail -n 30 "$results/$name.console" "$results/$name.vmm" 2>/dev/null
    kill -9 "$vmm" 2>/dev/null || true
    fail "$name: $1"
}
# vmm_end: waits for its own end, which the job or the guest brought about.
vmm_end() {
    finish "$name" "$vmm"
    sed -i 's/\r//' "$results/$name.console"
    echo "$vmm_status" >"$results/$name.status"
    progress "$name: ended, status $vmm_status"
}

# nic_options VMM MODEL N: for tapN. MODEL: e1000, virtio, virtio-vhost. takt serves every NIC
# but the first by a server of its own.
nic_options() {
    case $1-$2 in
    takt-*)
        model=model=$2
        case $2 in *-vhost) model=vhost=on && load vhost_net ;; esac
        echo "--net nic$3:$model,tap=tap$3,mac=$(guest_mac "$3")"
        echo "--device nic$3:server=net$3 --server net$3:policy=fifo,priority=$((net_prio - 2 * $3))$takt_server_cpu"
        ;;
    *-e1000)
        echo "-netdev tap,id=n$3,ifname=tap$3,script=no,downscript=no,vhost=off"
        echo "-device e1000,netdev=n$3,mac=$(guest_mac "$3"),romfile="
        ;;
    *-virtio | *-virtio-vhost)
        vhost=off
        case $2 in *-vhost) vhost=on && load vhost_net ;; esac
        echo "-netdev tap,id=n$3,ifname=tap$3,script=no,downscript=no,vhost=$vhost"
        echo "-device virtio-net-pci,netdev=n$3,mac=$(guest_mac "$3"),romfile=,disable-legacy=on"
        ;;
    *) fail "no NIC $2 of $1" ;;
    esac
}

# disk_options VMM FILE KIND: KIND of QEMU: iothread (with io_uring), io_uring (in the main loop) or threads.
disk_options() {
    case $1-$3 in
    takt-*) echo "--disk disk:path=$2,cache=none --server disk:policy=fifo,priority=$disk_prio$takt_server_cpu" ;;
    *-iothread)
        echo "-object iothread,id=io0 -drive if=none,id=d0,file=$2,format=raw,cache=none,aio=io_uring"
        echo "-device virtio-blk-pci,drive=d0,iothread=io0,disable-legacy=on"
        ;;
    *)
        echo "-drive if=none,id=d0,file=$2,format=raw,cache=none,aio=$3"
        echo "-device virtio-blk-pci,drive=d0,disable-legacy=on"
        ;;
    esac
}

# What QEMU has to have for `hmp`, and a display for screendump. Not VGA: its memory windows are changed all through
# the BIOS, and each change waits for a grace period.
hmp_options() {
    echo "${peer_display:-} -chardev socket,id=hmp,path=/run/hmp,server=on,wait=off -mon chardev=hmp"
}
case $(uname -m) in
x86_64) peer_for_devices=pc-fifo peer_display="-device bochs-display,romfile=" ;;
*) peer_for_devices=virt-fifo peer_display="-device bochs-display,romfile=" ;;
esac

# above_loads COMMAND...: the job itself above all loads meanwhile, also a guest's that never sleeps: who has to end them must
# not starve. It sleeps until then.
above_loads() {
    chrt -f -p 95 $$
    "$@"
    chrt -o -p 0 $$
}

# end_loads PID...: children, and what they print is there. Above a guest that never sleeps: who never runs does not end either.
end_loads() {
    for pid; do chrt -f -p 95 "$pid"; done
    kill "$@"
    wait "$@"
}

# cpu_ns: what all threads of the VMM have used of the CPU, vhost's among them (they are its own since 6.4).
cpu_ns() {
    cat "/proc/$vmm/task"/*/schedstat | awk '{sum += $1} END {printf "%.0f\n", sum}'
}

# tell_end N: ends a guest that waits in `until_told`.
tell_end() { echo 'echo >/run/end' | in_guest "$1"; }
# in_guest N: runs what stands on stdin in the guest, by way of NIC N, whose guest runs `serve`.
in_guest() { nc "10.0.$1.2" 7000; }

# A load that has the same name in every job: 9 kB a second from the guest's console, nearly what a line of
# 115200 baud takes.
start_console() {
    in_guest 1 <<'END'
(while :; do echo "a guest that says more than it has to, all the time, and nobody reads it"; usleep 8000; done) >/dev/console 2>/dev/null </dev/null &
echo $! >/run/console-load
END
}
# shellcheck disable=SC2016  # expands in the guest
stop_console() { echo 'kill -9 $(cat /run/console-load)' | in_guest 1; }

# Another: no device at all, but all CPUs busy that are not the real-time one's. CPUs take turns in the lab, and each is the
# slower for others that are busy.
start_spin() {
    [ "$rt_cpu" = 0 ] || echo '(while :; do :; done) >/dev/null 2>&1 </dev/null & echo $! >/run/spin' | in_guest 1
    (while :; do :; done) &
    spin_load=$!
}
stop_spin() {
    kill -9 "$spin_load"
    # shellcheck disable=SC2016  # expands in the guest
    [ "$rt_cpu" = 0 ] || echo 'kill -9 $(cat /run/spin)' | in_guest 1
}
