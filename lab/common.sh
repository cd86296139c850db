# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034  # variables are the callers'
#
# Shared by the lab's scripts (sourced, bash): where things are, how to fail,
# how to publish a generated directory atomically, how to fill an initramfs.

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

package_versions() { dpkg-query -W -f '${Package} ${Version}\n' "$@" 2>/dev/null || true; }

# copy_with_libraries ROOT SOURCE DEST: a program or plain file; a dynamic
# program brings its loader and libraries, at their own paths.
copy_with_libraries() {
    local root=$1 source=$2 dest=$3 list library
    mkdir -p "$root$(dirname "$dest")"
    cp -L -- "$source" "$root$dest"
    list=$(ldd "$source" 2>/dev/null) || return 0
    case $list in *'not found'*) die "$source: $(grep 'not found' <<<"$list" | head -1 | xargs)" ;; esac
    grep -o '/[^ ]*' <<<"$list" | sort -u | while read -r library; do
        [ ! -e "$root$library" ] || continue
        mkdir -p "$root$(dirname "$library")"
        cp -L -- "$library" "$root$library"
    done
}

# make_cpio ROOT FILE: the same tree gives the same bytes: sorted names, one
# time stamp, owner root, no inode numbers.
make_cpio() {
    find "$1" -exec touch -h -d @0 {} +
    (cd "$1" && find . -mindepth 1 -print0 | sort -z |
        cpio --null --create --format=newc --reproducible --owner=0:0 --quiet) >"$2"
}
