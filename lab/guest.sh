#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the guest's two initramfs archives and prints the directory that
# holds them: initrd.cpio (busybox, cyclictest) and boot.cpio (busybox alone,
# the smallest that reaches /init and powers off; bench boot starts this one).

# shellcheck source=lab/common.sh
. "$(dirname "$0")/common.sh"
need busybox cyclictest cpio ldd

applets="sh mkdir mount cat grep echo nproc uname dmesg usleep sleep setsid cttyhack poweroff reboot ls ps vi free"
busybox=$(command -v busybox)
cyclictest=$(command -v cyclictest)
key=$(key_of "$lab_dir/guest.sh" "$lab_dir/common.sh" "$lab_dir/guest-init" "$busybox" "$cyclictest" -- \
    "$(package_versions libc6 libnuma1)")
guest_dir=$out_dir/guest/$key

fill() {
    local root=$1 applet
    mkdir -p "$root"/bin "$root"/dev "$root"/proc "$root"/sys "$root"/tmp
    cp "$busybox" "$root/bin/busybox"
    for applet in $applets; do ln -s busybox "$root/bin/$applet"; done
    install -m 755 "$lab_dir/guest-init" "$root/init"
}

if [ ! -d "$guest_dir" ]; then
    ldd "$busybox" >/dev/null 2>&1 && die "$busybox is not static: install busybox-static"
    new_temp_dir "$out_dir/guest"
    mkdir "$temp/guest"
    fill "$temp/boot"
    make_cpio "$temp/boot" "$temp/guest/boot.cpio"
    fill "$temp/full"
    copy_with_libraries "$temp/full" "$cyclictest" /bin/cyclictest
    make_cpio "$temp/full" "$temp/guest/initrd.cpio"
    publish "$temp/guest" "$guest_dir"
    keep_newest 2 "$out_dir"/guest/[0-9a-f]*
fi
echo "$guest_dir"
