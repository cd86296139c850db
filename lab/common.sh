# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034  # variables are the callers'
#
# Shared by the lab's scripts (sourced, bash): where things are, which architecture,
# how to fail, how to publish a generated directory atomically, how to fill an initramfs.

set -euo pipefail
export LC_ALL=C
umask 022

lab_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo_dir=$(dirname "$lab_dir")
case ${TAKT_BUILD:-build} in
/*) build_dir=${TAKT_BUILD} ;;
*) build_dir=$repo_dir/${TAKT_BUILD:-build} ;;
esac
out_dir=$build_dir/lab

PATH=$PATH:/usr/sbin:/sbin

# --arch ARCH, anywhere among the arguments of a script that sources this, or TAKT_ARCH: x86 or
# arm64; by default this machine's. What a script starts does as the script does.
started_as="$0${*:+ $*}"
arch=${TAKT_ARCH:-$(uname -m)}
other_arguments=()
while [ $# -gt 0 ]; do
    if [ "$1" = --arch ]; then
        arch=${2:-} && shift $(($# > 1 ? 2 : 1))
    else
        other_arguments+=("$1") && shift
    fi
done
set -- "${other_arguments[@]}"
case $arch in
x86 | x86_64) arch=x86 ;;
arm64 | aarch64) arch=arm64 ;;
*) echo "$(basename "$0"): architecture '$arch': x86 or arm64" >&2 && exit 2 ;;
esac
export TAKT_ARCH=$arch
# shellcheck source=lab/arch-x86.sh
. "$lab_dir/arch-$arch.sh"

die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

note() { echo "lab: $*" >&2; }

need() {
    local tool
    for tool; do
        command -v "$tool" >/dev/null 2>&1 ||
            die "$tool is missing: install the packages of lab/packages.txt (./dev does)"
    done
}

# Temporary directories live beside what they become, so that a rename is atomic;
# an interrupted script removes its own.
temp_dirs=()
remove_temp_dirs() { [ ${#temp_dirs[@]} -eq 0 ] || rm -rf -- "${temp_dirs[@]}"; }
trap remove_temp_dirs EXIT
trap 'echo "$(basename "$0"): line $LINENO failed: $BASH_COMMAND" >&2' ERR
trap 'exit 130' INT
trap 'echo "$(basename "$0"): terminated" >&2; exit 143' TERM
# new_temp_dir PARENT: sets $temp.
new_temp_dir() {
    mkdir -p "$1"
    temp=$(mktemp -d "$1/.tmp.XXXXXX")
    chmod 755 "$temp"
    temp_dirs+=("$temp")
}

# publish TEMP FINAL: renames a finished directory. When another run was faster
# with the same content, theirs stays and ours is dropped.
publish() {
    mv -T "$1" "$2" 2>/dev/null || { [ -d "$2" ] || die "cannot create $2"; rm -rf "$1"; }
}

# keep_newest COUNT PATTERN...: cached generations beyond COUNT are deleted.
keep_newest() {
    local count=$1
    shift
    # Another run may delete the same ones at the same time.
    # shellcheck disable=SC2012  # names are ours: hashes and versions
    { ls -1dt "$@" 2>/dev/null || true; } | tail -n +$((count + 1)) | while read -r old; do rm -rf "$old"; done
}

# One short key for files (by content) and words (by value, after --).
key_of() {
    local files=()
    while [ $# -gt 0 ] && [ "$1" != -- ]; do files+=("$1"); shift; done
    { [ ${#files[@]} -eq 0 ] || sha256sum -- "${files[@]}" | cut -d' ' -f1; printf '%s\n' "$@"; } | sha256sum | cut -c1-16
}

# This machine's Debian: bookworm.
codename() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }

package_versions() { dpkg-query -W -f '${Package} ${Version}\n' "$@" 2>/dev/null || true; }

# What runs in L1 and in the guest is this machine's own, or, for another architecture, unpacked
# Debian packages. Sets $sysroot: empty, or their directory. The last ones are those that takt needs.
user_space_packages="busybox-static rt-tests util-linux libc6 $peer_packages libdeflate0 libfmt9 libfdt1 libstdc++6 zlib1g"
foreign() { [ "$arch_machine" != "$(uname -m)" ]; }
find_user_space() {
    [ -z "${sysroot+set}" ] || return 0
    sysroot=''
    # shellcheck disable=SC2086  # words, on purpose
    ! foreign || { sysroot=$("$lab_dir/debs.sh" "$deb_arch" $user_space_packages) && need readelf; }
}

# program NAME: the path of one of the architecture's.
program() {
    local dir
    [ -n "$sysroot" ] || { command -v "$1" && return; }
    for dir in usr/bin bin usr/sbin sbin; do
        [ ! -x "$sysroot/$dir/$1" ] || { echo "$sysroot/$dir/$1" && return; }
    done
    die "no $1 in $sysroot"
}

# user_space_key: what L1 and the guest are made of, for the caches.
user_space_key() {
    # shellcheck disable=SC2086  # words, on purpose
    if [ -n "$sysroot" ]; then basename "$sysroot"; else package_versions $user_space_packages libnuma1; fi
}

# libraries_of FILE: the paths of the loader and the libraries that a dynamic program needs, one per
# line, without $sysroot; nothing for anything else.
libraries_of() {
    local list
    if [ -n "$sysroot" ]; then foreign_libraries "$1" && return; fi
    list=$(ldd "$1" 2>/dev/null) || return 0
    case $list in *'not found'*) die "$1: $(grep 'not found' <<<"$list" | head -1 | xargs)" ;; esac
    grep -o '/[^ ]*' <<<"$list" | sort -u
}

# As ldd does it, for programs that cannot run here: by the dynamic sections.
foreign_libraries() {
    local -A seen=()
    local queue=("$1") dynamic dirs dir name found
    readelf -l -- "$1" 2>/dev/null | sed -n 's/.*program interpreter: \(.*\)\]/\1/p'
    while [ ${#queue[@]} -gt 0 ]; do
        dynamic=$(readelf -d -- "${queue[0]}" 2>/dev/null) || return 0
        dirs=$(sed -nE 's/.*\(R(UN)?PATH\).*\[(.*)\]/\2/p' <<<"$dynamic" | tr : ' ')
        queue=("${queue[@]:1}")
        while read -r name; do
            [ -z "${seen[$name]:-}" ] || continue
            found=''
            for dir in $dirs {,/usr}/lib/"$arch_machine-linux-gnu" {,/usr}/lib; do
                [ -n "$found" ] || [ ! -e "$sysroot$dir/$name" ] || found=$dir/$name
            done
            [ -n "$found" ] || die "$1 needs $name: not in $sysroot"
            seen[$name]=$found
            queue+=("$sysroot$found")
            echo "$found"
        done < <(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic")
    done
}

# copy_with_libraries ROOT SOURCE DEST: a program or plain file; a dynamic
# program brings its loader and libraries, at their own paths.
copy_with_libraries() {
    local root=$1 source=$2 dest=$3 list library
    mkdir -p "$root$(dirname "$dest")"
    cp -L -- "$source" "$root$dest"
    list=$(libraries_of "$source") || exit
    for library in $list; do
        [ ! -e "$root$library" ] || continue
        mkdir -p "$root$(dirname "$library")"
        cp -L -- "$sysroot$library" "$root$library"
    done
}

# make_cpio ROOT FILE: the same tree gives the same bytes: sorted names, one
# time stamp, owner root, no inode numbers.
make_cpio() {
    find "$1" -exec touch -h -d @0 {} +
    (cd "$1" && find . -mindepth 1 -print0 | sort -z |
        cpio --null --create --format=newc --reproducible --owner=0:0 --quiet) >"$2"
}
