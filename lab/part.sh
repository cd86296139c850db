#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds a part of the lab that only some jobs need, and prints the directory that holds it:
# host.cpio for L1, guest.cpio for the guest, whichever there is. lab/run.sh --with PART adds
# both; the base images stay as they are, and with them the figures of all other jobs.
#
#   lab/part.sh [--arch ARCH] PART
#
#   devices  drivers of both sides as modules (lib/modules/NAME.ko and NAME.needs, what to load before), the
#            guest's jobs for its devices (guest-devices), chrt; hackbench for L1
#   iperf3   for both
#   lspci    for the guest, with the names of all devices
#   fio      for the guest
#   passt    for L1

# shellcheck source=lab/common.sh
. "$(dirname "$0")/common.sh"

part=${1:-}
# What is the same on both architectures. brd, null_blk and ext4 are L1's disks; vhost_net is the peer's.
host_modules="tun vhost_net vhost_vsock brd null_blk ext4 crc32c_generic"
guest_modules="virtio_net e1000 virtio_blk virtio-rng virtio_balloon vmw_vsock_virtio_transport virtio_mmio ext4 crc32c_generic"
case $part in
devices) user_space_packages="rt-tests util-linux libc6" ;;
iperf3) user_space_packages="iperf3 libc6" ;;
lspci) user_space_packages="pciutils pci.ids libc6" ;;
fio) user_space_packages="fio libaio1 libc6" ;;
passt) user_space_packages="passt libc6" ;;
*) echo "part.sh: part '$part': devices, iperf3, lspci, fio or passt" >&2 && exit 2 ;;
esac
find_user_space
need cpio depmod ldd modprobe xz
kernel_dir=$("$lab_dir/kernel.sh")
key=$(key_of "$lab_dir/part.sh" "$lab_dir/common.sh" "$lab_dir/guest-devices" "$lab_dir/jobs/devices.sh" -- "$(basename "$kernel_dir")" "$(user_space_key)")
part_dir=$out_dir/part/$arch-$part-$key

# add_modules ROOT MODULE...: dependencies first; for each MODULE what has to be loaded, in order.
add_modules() {
    local root=$1/lib/modules module path
    shift
    mkdir -p "$root"
    for module; do
        modprobe -d "$kernel_dir" -S "$(cat "$kernel_dir/version")" --show-depends "$module" |
            sed -n 's/^insmod \([^ ]*\).*/\1/p' | while read -r path; do
            xz -dc "$path" >"$root/$(basename "$path" .ko.xz).ko"
            basename "$path" .ko.xz
        done >"$root/$module.needs"
        [ -s "$root/$module.needs" ] || die "the kernel has no module $module"
    done
}

# with_stand_ins ROOT PROGRAM: fio needs 60 libraries of storage clusters, 80 MB, which nobody calls
# here. Those that are not kept are replaced by one of their name that holds no more than
# the symbols, with their versions, which the loader looks for.
kept='libaio|libnuma|libz|libm|libc|libpthread|libdl|ld-linux.*'
with_stand_ins() {
    local root=$1 program=$2 library
    need nm readelf
    mkdir -p "$root/bin" "$root/lib"
    cp "$program" "$root/bin/"
    for library in $(libraries_of "$program" | grep -E "/($kept)\.so[.0-9]*$"); do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$sysroot$library" "$root$library"
    done
    # What has no version is in none of the kept libraries, or its name there is the same.
    wanted=$(nm -D --undefined-only "$program" | awk '$1 == "U" {print $2}')
    names=$(comm -23 <(grep -v @ <<<"$wanted" | sort) \
        <(find "$root" -name '*.so*' -exec nm -D --defined-only {} + | awk 'NF == 3 {sub(/@.*/, "", $3); print $3}' | sort -u))
    for library in $(readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -Ev "^($kept)\.so"); do
        stand_in "$program" "$library" "$root/lib/$library"
        names='' # once is enough
    done
}

# stand_in PROGRAM LIBRARY FILE: with $names, and those of $wanted whose version is LIBRARY's.
stand_in() {
    local version versioned symbols=$names script='' cc=gcc
    ! foreign || cc=$arch_machine-linux-gnu-gcc
    need "$cc"
    for version in $(readelf -VW "$1" | awk -v file="$2" '/File:/ {of = $5} /Name:/ && of == file {print $3}'); do
        versioned=$(sed -n "s/@$version\$//p" <<<"$wanted")
        symbols+=" $versioned"
        script+="$version { global: ${versioned//$'\n'/; }; };"$'\n'
    done
    # shellcheck disable=SC2086  # words, on purpose
    for name in $symbols; do printf '.globl %s\n.type %s, %%function\n%s: .long 0\n' "$name" "$name" "$name"; done >"$temp/stand-in.s"
    echo "$script" >"$temp/stand-in.map"
    "$cc" -shared -nostdlib -Wl,-soname,"$2" ${script:+-Wl,--version-script,"$temp/stand-in.map"} -o "$3" "$temp/stand-in.s"
}

fill_devices() {
    local tool
    # shellcheck disable=SC2086  # words, on purpose
    add_modules "$host" $host_modules
    copy_with_libraries "$host" "$(program hackbench)" /usr/bin/hackbench
    mkdir -p "$host/job"
    install -m 644 "$lab_dir/jobs/devices.sh" "$host/job/"
    # shellcheck disable=SC2086
    add_modules "$guest" $guest_modules
    copy_with_libraries "$guest" "$(program chrt)" /bin/chrt
    for tool in ip arp nc dd sync ping ifconfig sysctl umount md5sum kill killall head tail sort seq tr cut sed awk cmp \
        blockdev hexdump stat timeout wc touch rm cp mkfifo tee true yes ln chmod readlink mke2fs; do
        ln -s busybox "$guest/bin/$tool"
    done
    install -m 644 "$lab_dir/guest-devices" "$guest/init.more"
}
fill_iperf3() {
    copy_with_libraries "$host" "$(program iperf3)" /usr/bin/iperf3
    copy_with_libraries "$guest" "$(program iperf3)" /bin/iperf3
}
fill_lspci() {
    copy_with_libraries "$guest" "$(program lspci)" /bin/lspci
    mkdir -p "$guest/usr/share/misc"
    cp -L "$sysroot/usr/share/misc/pci.ids" "$guest/usr/share/misc/"
    # It complains where there is no list of modules.
    mkdir -p "$guest/lib/modules/$(cat "$kernel_dir/version")"
    depmod -b "$guest" "$(cat "$kernel_dir/version")" 2>/dev/null
}
fill_passt() { copy_with_libraries "$host" "$(program passt)" /usr/bin/passt; }
fill_fio() { with_stand_ins "$guest" "$(program fio)"; }

if [ ! -d "$part_dir" ]; then
    note "building the part $part"
    new_temp_dir "$out_dir/part"
    host=$temp/host guest=$temp/guest
    mkdir "$temp/part" "$host" "$guest" "$guest/bin"
    "fill_$part"
    for side in host guest; do
        [ -z "$(find "$temp/$side" -type f | head -1)" ] || make_cpio "$temp/$side" "$temp/part/$side.cpio"
    done
    publish "$temp/part" "$part_dir"
    keep_newest 2 "$out_dir/part/$arch-$part"-*
fi
touch "$part_dir"
echo "$part_dir"
