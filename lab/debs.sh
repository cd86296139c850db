#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Debian packages of another architecture, or of another suite, unpacked: prints
# the directory that holds their files. They are not installed: this machine's apt
# and dpkg know nothing of them, and root is not needed. apt gets a state of its own
# for that, with this machine's sources and keys.
#
#   lab/debs.sh ARCH [--suite SUITE] [--alone] PACKAGE...
#     --suite    from SUITE alone, of the mirror that this machine's Debian comes from
#     --alone    without what they depend on
#   lab/debs.sh ARCH --apt-config             prints the file that makes apt (APT_CONFIG) work for ARCH
#
# Versions come from apt's metadata at run time; the metadata is fetched anew when
# it is a day old, or when it names a file that is gone.

# shellcheck source=lab/common.sh
. "$(dirname "$0")/common.sh"
need apt-get apt-cache dpkg-deb

[ $# -ge 2 ] || die "usage: debs.sh ARCH [--suite SUITE] [--alone] PACKAGE..."
arch=$1 alone='' suite='' # Debian's name for it
shift
[ "$1" != --suite ] || { suite=${2:-} && shift 2; }
[ "$1" != --alone ] || { alone=1 && shift; }
source=$arch${suite:+-$suite}

apt_dir=$out_dir/apt-$source
# suite_source: the line of sources.list for $suite.
suite_source() {
    local mirror
    mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' | sed -n "s/^$(codename) //p")
    mirror=${mirror%%$'\n'*}
    [ -n "$mirror" ] || die "apt has no source of $(codename) to take $suite from"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
}

configure() {
    mkdir -p "$apt_dir/lists/partial" "$apt_dir/cache/archives/partial"
    : >"$apt_dir/status"
    cat >"$apt_dir/apt.conf" <<END
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
Dir::State "$apt_dir";
Dir::State::Lists "$apt_dir/lists";
Dir::State::status "$apt_dir/status";
Dir::Cache "$apt_dir/cache";
END
    [ -n "$suite" ] || return 0
    suite_source >"$apt_dir/sources.list"
    cat >>"$apt_dir/apt.conf" <<END
Dir::Etc::SourceList "$apt_dir/sources.list";
Dir::Etc::SourceParts "-";
END
}
apt() { APT_CONFIG=$apt_dir/apt.conf LC_ALL=C "$@"; }

update() {
    note "apt's metadata for $source"
    apt apt-get -q update >"$apt_dir/update.log" 2>&1 ||
        die "apt-get update for $source: $(grep -m1 '^[EW]:' "$apt_dir/update.log" || tail -1 "$apt_dir/update.log")"
    touch "$apt_dir/updated"
}

# closure PACKAGE...: name=version of all that have to be unpacked.
closure() {
    if [ -n "$alone" ]; then
        local package version
        for package; do
            version=$(apt apt-cache policy "$package" | sed -n 's/^ *Candidate: //p')
            case $version in '' | '(none)') die "apt knows no $package for $source" ;; esac
            echo "$package=$version"
        done
    else
        apt apt-get -q -y --simulate install "$@" | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' | sort
    fi
}

download() { (cd "$1" && shift && apt apt-get -q download "$@" >"$apt_dir/download.log" 2>&1); }

mkdir -p "$out_dir"
exec {lock}>"$out_dir/.debs-$source.lock"
flock "$lock"
configure
[ -n "$(find "$apt_dir" -maxdepth 1 -name updated -mtime -1)" ] || update
[ "$1" != --apt-config ] || { echo "$apt_dir/apt.conf" && exit; }
packages=$(closure "$@") || die "$source: cannot resolve $*: $(apt apt-get -q -y --simulate install "$@" 2>&1 | grep -m1 -E '^E:|Depends:')"
debs_dir=$out_dir/debs/$source-$(key_of "$lab_dir/debs.sh" -- "$packages")
if [ ! -d "$debs_dir" ]; then
    note "fetching $(wc -w <<<"$packages") packages for $source: $*"
    new_temp_dir "$out_dir/debs"
    mkdir "$temp/deb" "$temp/tree"
    # shellcheck disable=SC2086  # words, on purpose
    download "$temp/deb" $packages || {
        update
        packages=$(closure "$@")
        debs_dir=$out_dir/debs/$source-$(key_of "$lab_dir/debs.sh" -- "$packages")
        download "$temp/deb" $packages || die "cannot download: $(grep -m1 '^E:' "$apt_dir/download.log")"
    }
    for deb in "$temp"/deb/*.deb; do dpkg-deb -x "$deb" "$temp/tree"; done
    echo "$packages" >"$temp/tree/packages"
    publish "$temp/tree" "$debs_dir"
    keep_newest 12 "$out_dir/debs/$source"-????????????????
fi
touch "$debs_dir"
echo "$debs_dir"
