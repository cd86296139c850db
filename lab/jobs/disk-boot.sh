# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# Debian on a virtio disk: boots to its login prompt, somebody logs in, works with a file, powers off.
# lab_disk_test starts it. L1's first virtio disk is what lab/disk.sh made, a copy; it is the guest's
# whole disk. Its kernel and initramfs are /job/disk, the driver for L1 is /job/modules.
#   TAKT_VMM            takt (default) or qemu:VARIANT
#   TAKT_DISK_OPTIONS   more for takt's --disk: cache=none
# Leaves disk.* of lib.sh and disk.status. 75 to 170 s, on two busy CPUs.

set -eu
TAKT_GUEST_TIMEOUT=${TAKT_GUEST_TIMEOUT:-500}
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

for module in /job/modules/*; do insmod "$module"; done
until [ -b /dev/vda ]; do usleep 10000; done

console=$results/disk.console
parameters="$guest_parameters root=/dev/vda ro"
kernel=/job/disk/vmlinuz initrd=/job/disk/initrd.img
case ${TAKT_VMM:-takt} in
takt)
    set -- "${takt:-/usr/bin/takt}" run --kernel $kernel --initrd $initrd --memory "${guest_ram_mb}M" \
        --disk "root:path=/dev/vda${TAKT_DISK_OPTIONS:+,$TAKT_DISK_OPTIONS}" --print-stats --cmdline "$parameters"
    ;;
qemu:*)
    qemu_arguments "${TAKT_VMM#*:}"
    # shellcheck disable=SC2086  # words, on purpose
    set -- "$peer" $qemu_args -serial stdio -kernel $kernel -initrd $initrd -append "$parameters" \
        -drive file=/dev/vda,if=none,id=root,format=raw -device virtio-blk-pci,drive=root
    ;;
*) fail "unknown VMM $TAKT_VMM" ;;
esac

uptime_s() { cut -d' ' -f1 /proc/uptime; }
# says WORDS: waits until the guest has said so, also without the end of a line.
says() {
    until grep -q "$1" "$console"; do
        [ -d "/proc/$vmm" ] || {
            tail -n 20 "$console" "$results/disk.vmm"
            fail "the guest ended before it said '$1'"
        }
        usleep 100000
    done
    progress "'$1' after $(uptime_s) s"
}
# To one who asks: what comes before the question's echo is set is dropped or shown.
answer() {
    sleep 1
    echo "$1" >&9
}

mkfifo /run/input
exec 9<>/run/input # both ways: nobody waits for the other side
echo "$*" >"$results/disk.command"
guard
"$@" >"$console" 2>"$results/disk.vmm" </run/input &
vmm=$!
guarded $vmm
progress "the VMM starts after $(uptime_s) s"

says 'login: '
answer root
says 'Password: '
answer takt
says 'root@debian:~# '
# mark NAME COMMAND: what it says stands between marks (tagged). The words waited for are not those that
# are typed: the terminal shows both.
mark() {
    echo "echo TAKT-BEGIN \"$1\"; $2; echo TAKT-END \"$1\" status=\$?" >&9
    says "TAKT-END $1"
}
mark mounts "grep ' / ' /proc/mounts"
mark block 'cd /sys/block/vda; cat size queue/write_cache ro; cd'
mark failed 'systemctl --failed --no-legend --plain'
mark written 'seq 1 300000 >seq; sync; echo 3 >/proc/sys/vm/drop_caches; sha256sum seq'
mark direct 'dd if=/dev/zero of=direct bs=64k count=64 oflag=direct conv=fsync && rm direct'
mark trimmed 'fstrim -v /'
mark disturbed 'dmesg -l err,crit,alert,emerg'
answer poweroff
finish disk $vmm
echo "$vmm_status" >"$results/disk.status"
progress "the VMM ends after $(uptime_s) s, status $vmm_status"
sync
