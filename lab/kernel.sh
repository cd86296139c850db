#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches the newest Debian PREEMPT_RT kernel of the 6.12 line for the architecture
# and prints the directory that holds it: vmlinuz, version, lib/modules/VERSION.
# The version comes from apt's metadata at run time: Debian removes old kernels
# from its mirrors within weeks, so a version written down here would rot.
# Does not need root; installs nothing.

# shellcheck source=lab/common.sh
. "$(dirname "$0")/common.sh"
need apt-cache apt-get dpkg-deb depmod

flavour=rt-$deb_arch
line=${kernel_meta#linux-image-}
line=${line%-"$flavour"}
# Another architecture has an apt state of its own, which debs.sh keeps fresh.
apt_update="apt-get update"
if foreign; then
    APT_CONFIG=$("$lab_dir/debs.sh" "$deb_arch" --apt-config)
    export APT_CONFIG
    apt_update="rm $(dirname "$APT_CONFIG")/updated"
fi

newest_kernel_package() {
    local package
    # No `| head -1` here: with pipefail, apt-cache losing its reader is a failure.
    package=$(apt-cache depends --important "$kernel_meta" 2>/dev/null |
        sed -n "s/^ *Depends: \(linux-image-[0-9].*-$flavour\)\$/\1/p") || package=
    package=${package%%$'\n'*}
    [ -n "$package" ] || package=$(apt-cache pkgnames "linux-image-$line" |
        grep -E "^linux-image-${line}[.0-9]+.*-$flavour\$" | sort -V | tail -1) || package=
    [ -n "$package" ] || die "apt knows no $kernel_meta: run '$apt_update' (Debian 12, main and security)"
    echo "$package"
}

package=$(newest_kernel_package)
candidate=$(apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
case $candidate in
'' | '(none)') die "apt has no candidate for $package: run '$apt_update'" ;;
esac

kernel_dir=$out_dir/kernel/${package#linux-image-}_$candidate
if [ ! -d "$kernel_dir" ]; then
    note "fetching $package $candidate"
    new_temp_dir "$out_dir/kernel"
    (cd "$temp" && apt-get -q -o APT::Sandbox::User=root download "$package=$candidate" >download.log 2>&1) ||
        die "cannot download $package $candidate ($(grep -m1 '^E:' "$temp/download.log" || tail -1 "$temp/download.log")): run '$apt_update'"
    dpkg-deb -x "$temp"/*.deb "$temp/unpacked"
    mkdir -p "$temp/kernel/lib"
    mv "$temp"/unpacked/boot/vmlinuz-* "$temp/kernel/vmlinuz" || die "$package holds no kernel image"
    mv "$temp/unpacked/lib/modules" "$temp/kernel/lib/modules"
    version=$(ls "$temp/kernel/lib/modules")
    echo "$version" >"$temp/kernel/version"
    depmod -b "$temp/kernel" "$version"
    publish "$temp/kernel" "$kernel_dir"
    keep_newest 2 "$out_dir"/kernel/[0-9]*"-$flavour"_*
fi
echo "$kernel_dir"
