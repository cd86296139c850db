#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the guest's two initramfs archives and prints the directory that
# holds them: initrd.cpio (busybox, cyclictest) and boot.cpio (busybox alone,
# the smallest that reaches /init and powers off; bench boot starts this one).

# shellcheck source=lab/common.sh
. "$(dirname "$0")/common.sh"
find_user_space
need cpio ldd

applets="sh mkdir mount cat grep echo nproc uname dmesg usleep sleep setsid cttyhack poweroff reboot ls ps vi free date insmod head od"
busybox=$(program busybox) || die "install busybox-static"
cyclictest=$(program cyclictest) || die "install rt-tests"
key=$(key_of "$lab_dir/guest.sh" "$lab_dir/common.sh" "$lab_dir/guest-init" "$busybox" "$cyclictest" -- \
    "$(user_space_key)")
guest_dir=$out_dir/guest/$arch-$key

fill() {
    local root=$1 applet
    mkdir -p "$root"/bin "$root"/dev "$root"/proc "$root"/sys "$root"/tmp
    cp "$busybox" "$root/bin/busybox"
    for applet in $applets; do ln -s busybox "$root/bin/$applet"; done
    install -m 755 "$lab_dir/guest-init" "$root/init"
}

if [ ! -d "$guest_dir" ]; then
    [ -z "$(libraries_of "$busybox")" ] || die "$busybox is not static: install busybox-static"
    new_temp_dir "$out_dir/guest"
    mkdir "$temp/guest"
    fill "$temp/boot"
    make_cpio "$temp/boot" "$temp/guest/boot.cpio"
    fill "$temp/full"
    copy_with_libraries "$temp/full" "$cyclictest" /bin/cyclictest
    make_cpio "$temp/full" "$temp/guest/initrd.cpio"
    publish "$temp/guest" "$guest_dir"
    keep_newest 2 "$out_dir/guest/$arch"-*
fi
echo "$guest_dir"
