#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds a disk with Debian 12 on it, as a user would: packages, ext4 on the whole disk, and the
# distribution's own kernel, initramfs and systemd. Prints the directory that holds disk.img
# (raw, with holes), vmlinuz, initrd.img, version and packages.
#
# root's password is "takt". A terminal gets a login prompt by console=ttyS0 (ttyAMA0) on
# the kernel's command line; root=/dev/vda or root=LABEL=root.
#
# Needs no root and no loop device: mmdebstrap takes what it is allowed (root, a user namespace, fakechroot),
# and mke2fs fills the file system. disk.img is for reading: a guest that writes gets a copy.

# shellcheck source=lab/common.sh
. "$(dirname "$0")/common.sh"
need mmdebstrap mke2fs fakeroot apt-get apt-cache zstd

kernel_dir=$("$lab_dir/kernel.sh")
version=$(cat "$kernel_dir/version")
! foreign || export APT_CONFIG=$out_dir/apt-$deb_arch/apt.conf # debs.sh's, which kernel.sh keeps fresh
packages="systemd-sysv systemd udev dbus e2fsprogs kmod login mount passwd util-linux zstd initramfs-tools linux-image-$version"
disk_mb=400

candidates() { # of what is named above, and of base-files, which a point release changes
    # shellcheck disable=SC2086  # words, on purpose
    apt-cache policy base-files $packages | sed -n 's/^\([^ ].*\):$/\1/p; s/^ *Candidate: //p'
}

# This machine's mirrors of Debian.
sources() {
    # shellcheck disable=SC2016  # apt expands them
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' "Architecture: $deb_arch" | sort -u
}

key=$(key_of "$lab_dir/disk.sh" "$lab_dir/common.sh" -- "$arch" "$(candidates)")
disk_dir=$out_dir/disk/$arch-$key

# Only what finds and checks the root file system, 6 MB. All drivers, Debian's default, are 31, and each
# guest unpacks them.
# shellcheck disable=SC2016  # mmdebstrap's shell expands them
configure_initramfs='mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d" &&
    echo MODULES=list >"$1/etc/initramfs-tools/conf.d/modules" &&
    printf "%s\n" virtio_pci virtio_mmio virtio_blk ext4 >"$1/usr/share/initramfs-tools/modules.d/disk" &&
    echo "LABEL=root / ext4 errors=remount-ro 0 1" >"$1/etc/fstab"'
# The salt is written down so that the same packages give the same files.
# shellcheck disable=SC2016
configure_system='echo debian >"$1/etc/hostname" && rm -f "$1/etc/resolv.conf" &&
    echo "root:\$6\$takt\$bR.CYMqNWKMtnd8Rfy028OZH9fZu464CyxObrCLvgH6OwR.oHH2w4OZA8ltMBKn28LCPzurIy1NstaVv04opO." | chroot "$1" chpasswd -e'

# What nobody reads here, and drivers of what no guest of ours has: 60 MB.
left_out="/usr/share/doc /usr/share/man /usr/share/locale /usr/share/info /usr/share/lintian"
for part in sound drivers/gpu drivers/infiniband drivers/media drivers/net/wireless drivers/staging; do
    left_out+=" /lib/modules/$version/kernel/$part"
done

bootstrap() { # TARFILE
    local options=() path
    for path in $left_out; do options+=(--dpkgopt="path-exclude=$path/*"); done
    sources >"$temp/sources.list"
    [ -s "$temp/sources.list" ] || die "apt knows no mirror of Debian: run 'apt-get update'"
    # The packages' scripts have to run. As root of a namespace mmdebstrap does not see that it could be one itself.
    local run=(mmdebstrap)
    ! foreign || run=("$lab_dir/foreign.sh" mmdebstrap --mode=root)
    SOURCE_DATE_EPOCH=0 env -u APT_CONFIG "${run[@]}" --variant=minbase --architectures="$deb_arch" --include="${packages// /,}" \
        "${options[@]}" --essential-hook="$configure_initramfs" --customize-hook="$configure_system" \
        bookworm "$1" "$temp/sources.list" >"$temp/mmdebstrap.log" 2>&1 ||
        die "mmdebstrap: $(grep -m1 '^E:' "$temp/mmdebstrap.log" || tail -1 "$temp/mmdebstrap.log")"
}

# Within fakeroot: files keep their owners and devices in the file system.
# shellcheck disable=SC2016  # expands in the child
fill_disk='set -eu
    tar -x -f "$1/root.tar" -C "$1/root" --numeric-owner
    : >"$1/root/etc/machine-id" # made at the first boot, and no questions
    cp "$1/root/var/lib/dpkg/status" "$1/status"
    cp "$1/root/boot/initrd.img-$2" "$1/disk/initrd.img"
    cp "$1/root/boot/vmlinuz-$2" "$1/disk/vmlinuz"
    mke2fs -q -t ext4 -m 1 -L root -U 7461676b-0000-4000-8000-6469736b0000 \
        -E hash_seed=7461676b-0000-4000-8000-6469736b0001,root_owner=0:0 -d "$1/root" "$1/disk/disk.img" "$3M" >"$1/mke2fs.log"'

if [ ! -d "$disk_dir" ]; then
    note "building a disk with Debian for $arch: some minutes"
    new_temp_dir "$out_dir/disk"
    mkdir "$temp/disk" "$temp/root"
    bootstrap "$temp/root.tar"
    E2FSPROGS_FAKE_TIME=1 fakeroot sh -c "$fill_disk" fill "$temp" "$version" "$disk_mb"
    echo "$version" >"$temp/disk/version"
    sed -n 's/^Package: //p; s/^Version: //p' "$temp/status" | paste -d' ' - - >"$temp/disk/packages"
    publish "$temp/disk" "$disk_dir"
    keep_newest 2 "$out_dir/disk/$arch"-*
fi
touch "$disk_dir"
echo "$disk_dir"
