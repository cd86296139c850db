# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# Linux with every device on the bus and its stock drivers: two network cards, two disks, a console's port, rng,
# balloon, and sockets. TAKT_VMM=qemu runs what of it QEMU has, to tell a fault of the job from one of takt.
# Then once more without PCI, and with vhost-net.
# /results: devices.*, mmio.*, vhost.*, pairs.*, and NAME for what the host found out.
set -eu
# shellcheck source=lab/jobs/devices.sh
. /job/devices.sh

by=${TAKT_VMM:-takt}
# No FIFO vCPU: on one CPU it would keep the servers from what drivers poll for (the console's and the network's control queue).
takt_vcpus=''
guest_ram_mb=256
tap 0
tap 1
# A disk with known content, of a size that is no power of two, and one that is read-only.
yes 'what the host wrote' | dd of=/run/disk bs=4096 count=2000 iflag=fullblock 2>/dev/null
cp /run/disk /run/read-only
md5sum </run/disk >"$results/disk-before.md5"

guest_script <<END
load virtio_net e1000 virtio_blk virtio-rng virtio_balloon vmw_vsock_virtio_transport ext4
$(guest_nic 0)
$(guest_nic 1)
wait_for /dev/vda
wait_for /dev/vdb
serve
said lspci lspci -vvv
said drivers sh -c 'for d in /sys/bus/pci/devices/*; do l=\$(readlink \$d/driver); echo "\$(cat \$d/vendor) \$(cat \$d/device) \${l##*/}"; done'
for n in 0 1; do said ping-\$n ping -c 3 -A -w 5 10.0.\$n.1; done
said disk-read md5sum /dev/vda
said disk-sizes sh -c 'cat /sys/block/vda/size /sys/block/vda/ro /sys/block/vdb/size /sys/block/vdb/ro'
said disk-write sh -c 'yes "what the guest wrote" | dd of=/dev/vda bs=4096 count=1000 iflag=fullblock conv=notrunc,fsync && blockdev --flushbufs /dev/vda'
said disk-read-only sh -c 'echo x | dd of=/dev/vdb bs=512 count=1 conv=sync,fsync'
said disk-file-system sh -c 'mke2fs -b 4096 /dev/vda 1000 >/dev/null && mount -t ext4 /dev/vda /mnt && dd if=/dev/urandom of=/mnt/f bs=4096 count=200 && md5sum </mnt/f >/tmp/1 && umount /mnt && mount -t ext4 /dev/vda /mnt && md5sum </mnt/f | cmp - /tmp/1 && umount /mnt'
said disk-again sh -c 'yes "what the guest wrote" | dd of=/dev/vda bs=4096 count=1000 iflag=fullblock conv=notrunc,fsync'
said rng sh -c 'cat /sys/class/misc/hw_random/rng_current; head -c 64 /dev/hwrng | wc -c; head -c 64 /dev/hwrng | hexdump -C'
said port sh -c 'for p in /sys/class/virtio-ports/*; do echo "\${p##*/} \$(cat \$p/name)"; echo "through port \$(cat \$p/name)" >/dev/\${p##*/}; done'
said interrupts cat /proc/interrupts
/bin/echo_bench serve vsock 7010 &
until_told
said vsock-from-guest /bin/echo_bench --samples 1000 --interval-us 0 --bytes 1000 vsock host 7011
said warnings sh -c 'dmesg | grep -v pci=nocrs | grep -E -i -e "virtio|e1000|pci|vda|vdb" | grep -E -i -e "warn|error|fail|timed? out|hang|invalid|bug|unable"'
END

case $by in
takt)
    vmm_start devices takt "--net net:model=virtio,tap=tap0,mac=$(guest_mac 0) --net old:model=e1000,tap=tap1,mac=$(guest_mac 1)
        --disk disk:path=/run/disk,serial=takt-test --disk ro:path=/run/read-only,readonly=on --rng --rng-limit 1M --balloon
        --vsock cid=42,socket=/run/guest.vsock --port words:file:$results/port --print-stats --print-effective"
    ;;
*)
    vmm_start devices "$peer_for_devices" "$(nic_options qemu virtio 0) $(nic_options qemu e1000 1)
        -drive if=none,id=d0,file=/run/disk,format=raw -device virtio-blk-pci,drive=d0,serial=takt-test
        -drive if=none,id=d1,file=/run/read-only,format=raw,readonly=on -device virtio-blk-pci,drive=d1
        -device virtio-rng-pci -device virtio-balloon-pci
        -device virtio-serial-pci -chardev file,id=port,path=$results/port -device virtserialport,chardev=port,name=words $(hmp_options)"
    ;;
esac

# found NAME COMMAND...: what it says, and its status in NAME.status.
found() {
    file=$1
    shift
    status=0
    "$@" >"$results/$file" 2>&1 || status=$?
    echo "$status" >"$results/$file.status"
}
free_kb() { echo "awk '/MemFree/ {print \$2}' /proc/meminfo" | in_guest 0; }

for n in 0 1; do
    found "udp-$n" echo_bench --samples 50 --interval-us 2000 udp "10.0.$n.2" 7007
    found "icmp-$n" echo_bench --samples 50 --interval-us 2000 --bytes 1000 icmp "10.0.$n.2"
    found "tcp-$n" echo_bench --samples 200 --bytes 1000 tcp "10.0.$n.2" 7008
    # A megabyte each way, through segmentation and checksums as the drivers like them.
    found "stream-$n" sh -c "dd if=/dev/urandom of=/run/sent bs=64k count=16 2>/dev/null
        { echo 'head -c 1048576 >/run/came; md5sum </run/came; cat /run/came | md5sum'; sleep 0.2; cat /run/sent; } | nc 10.0.$n.2 7000
        md5sum </run/sent"
done
if [ "$by" = takt ]; then
    found vsock-to-guest echo_bench --samples 1000 --interval-us 0 --bytes 1000 vsock /run/guest.vsock 7010
    echo_bench serve unix /run/guest.vsock_7011 &
    found free-before free_kb
    found balloon "${takt:-/usr/bin/takt}" api $vm_name PUT "/api/v1/vm.balloon?target_mib=64"
    usleep 1500000
    found free-after free_kb
    found metrics "${takt:-/usr/bin/takt}" api $vm_name GET /metrics
fi
tell_end 0
vmm_end
md5sum </run/disk >"$results/disk-after.md5"
{ yes 'what the guest wrote' | dd bs=4096 count=1000 iflag=fullblock 2>/dev/null && dd if=/run/read-only bs=4096 skip=1000 2>/dev/null; } |
    md5sum >"$results/disk-wanted.md5"

# The same drivers in windows of memory, without PCI.
[ "$by" = takt ] || exit 0
guest_script <<END
load virtio_mmio virtio_net virtio_blk virtio-rng
$(guest_nic 0)
wait_for /dev/vda
said pci sh -c 'ls /sys/bus/pci/devices | wc -l'
said windows sh -c 'for d in /sys/bus/virtio/devices/*; do l=\$(readlink -f \$d); d=\$(readlink \$d/driver); echo "\$l \${d##*/}"; done'
said ping ping -c 3 -A -w 5 10.0.0.1
said disk-read md5sum /dev/vda
said disk-write sh -c 'yes "by way of a window" | dd of=/dev/vda bs=4096 count=500 iflag=fullblock conv=notrunc,fsync'
said rng sh -c 'head -c 64 /dev/hwrng | wc -c'
said interrupts cat /proc/interrupts
echo TAKT-READY
END
cp /run/disk /run/disk-mmio
md5sum </run/disk-mmio >"$results/mmio-before.md5"
vmm_start mmio takt "--virtio mmio --net net:tap=tap0,mac=$(guest_mac 0) --disk disk:path=/run/disk-mmio --rng"
vmm_end
dd if=/run/disk-mmio bs=4096 count=500 2>/dev/null | md5sum >"$results/mmio-after.md5"
yes 'by way of a window' | dd bs=4096 count=500 iflag=fullblock 2>/dev/null | md5sum >"$results/mmio-wanted.md5"

# A network card that the host's kernel serves. The driver is taken away and comes again.
load vhost_net
guest_script <<END
load virtio_net
$(guest_nic 0)
serve
said ping ping -c 3 -A -w 5 10.0.0.1
said interrupts cat /proc/interrupts
# bus_master 0|4: the command register; memory stays on.
bus_master() { printf "\\x0\$((2 + \$1))\\x04" | dd of=/sys/class/net/\$nic/device/../config bs=1 seek=4 conv=notrunc 2>/dev/null; }
bus_master 0
said ping-no-bus ping -c 3 -A -w 1 10.0.0.1
bus_master 4
said ping-bus ping -c 3 -A -w 5 10.0.0.1
until_told
said again sh -c 'rmmod virtio_net && insmod /lib/modules/virtio_net.ko'
$(guest_nic 0)
said ping-again ping -c 3 -A -w 5 10.0.0.1
END
vmm_start vhost takt "--net net:vhost=on,tap=tap0,mac=$(guest_mac 0) --server net:policy=fifo,priority=60 --print-effective"
found udp-vhost echo_bench --samples 50 --interval-us 2000 udp 10.0.0.2 7007
found tcp-vhost echo_bench --samples 200 --bytes 1000 tcp 10.0.0.2 7008
found stream-vhost sh -c "{ echo 'head -c 1048576 >/run/came; md5sum </run/came; cat /run/came | md5sum'; sleep 0.2; cat /run/sent; } | nc 10.0.0.2 7000
    md5sum </run/sent"
tell_end 0
vmm_end

# Two pairs of queues, of an interface that takt makes.
guest_script <<END
load virtio_net
$(guest_nic 2)
serve
until_told
END
vmm_start pairs takt "--cpus 2 --net net:vhost=on,tap=tap2,queues=2,mac=$(guest_mac 2)"
tap_address 2
# Each has a port of its own: the kernel spreads flows.
for flow in 1 2 3 4 5 6 7 8; do echo_bench --samples 5 --interval-us 2000 udp 10.0.2.2 7007; done >"$results/flows"
echo 'grep virtio0 /proc/interrupts' | in_guest 2 >"$results/pairs.interrupts"
tell_end 2
vmm_end
