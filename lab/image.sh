#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds L1, the lab's host, without anything that belongs to one job: Debian's
# RT kernel with KVM, busybox, chrt, taskset, cyclictest, QEMU as the peer,
# and the guest's files under /guest. Prints the directory that holds vmlinuz
# and base.cpio. lab/run.sh appends the job's archive: the kernel unpacks
# concatenated uncompressed archives one after the other.

# shellcheck source=lab/common.sh
. "$(dirname "$0")/common.sh"
need busybox cpio ldd modprobe xz
find_user_space
foreign || need chrt taskset cyclictest "$peer"

kernel_dir=$("$lab_dir/kernel.sh")
guest_dir=$("$lab_dir/guest.sh")

key=$(key_of "$lab_dir/image.sh" "$lab_dir/common.sh" "$lab_dir/arch-$arch.sh" "$lab_dir/host-init" -- \
    "$(basename "$kernel_dir")" "$(basename "$guest_dir")" "$(user_space_key)" \
    "$(libraries_of "$(program "$peer")" | sed "s#^#$sysroot#" | xargs -n1 readlink -f | xargs stat -L -c '%n %s')")
image_dir=$out_dir/image/$arch-$key

# module_files NAME: insmod order, dependencies first.
module_files() {
    modprobe -d "$kernel_dir" -S "$(cat "$kernel_dir/version")" --show-depends "$1" |
        sed -n 's/^insmod \([^ ]*\).*/\1/p'
}

add_modules() {
    local root=$1 module path name
    mkdir -p "$root/lib/modules"
    for module in $modules_at_boot $modules_later; do
        for path in $(module_files "$module"); do
            name=$(basename "$path" .ko.xz)
            xz -dc "$path" >"$root/lib/modules/$name.ko"
            case " $modules_at_boot " in *" $module "*) echo "$name" ;; esac
        done
    done >"$root/lib/modules/at-boot"
}

add_roms() {
    local root=$1 rom found d
    mkdir -p "$root/usr/share/qemu"
    for rom in $peer_roms; do
        found=
        for d in "$sysroot"/usr/share/qemu "$sysroot"/usr/share/seabios; do
            [ ! -e "$d/$rom" ] || found=$d/$rom
        done
        [ -n "$found" ] || die "no $rom in $sysroot/usr/share: it should be in one of $peer_packages"
        cp -L "$found" "$root/usr/share/qemu/$rom"
    done
}

fill() {
    local root=$1 tool applet
    mkdir -p "$root"/bin "$root"/sbin "$root"/usr/bin "$root"/usr/sbin "$root"/dev "$root"/proc "$root"/sys \
        "$root"/tmp "$root"/root "$root"/guest "$root"/etc
    # For another architecture too: both are Debian's busybox-static.
    for applet in $(busybox --list); do ln -s busybox "$root/bin/$applet"; done
    cp --remove-destination "$(program busybox)" "$root/bin/busybox"
    # chrt and taskset of util-linux, before busybox's in PATH.
    for tool in chrt taskset cyclictest "$peer"; do
        copy_with_libraries "$root" "$(program "$tool")" "/usr/bin/$tool"
    done
    add_roms "$root"
    add_modules "$root"
    cp "$kernel_dir/vmlinuz" "$kernel_dir/version" "$guest_dir"/*.cpio "$root/guest/"
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    install -m 755 "$lab_dir/host-init" "$root/init"
}

if [ ! -d "$image_dir" ]; then
    note "building the L1 image"
    new_temp_dir "$out_dir/image"
    mkdir "$temp/image"
    fill "$temp/root"
    make_cpio "$temp/root" "$temp/image/base.cpio"
    cp "$kernel_dir/vmlinuz" "$kernel_dir/version" "$temp/image/"
    publish "$temp/image" "$image_dir"
    keep_newest 2 "$out_dir/image/$arch"-*
fi
touch "$image_dir"
echo "$image_dir"
