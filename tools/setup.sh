# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Debian packages (sourced by ./dev). Silent and quick when all are there.

# packages_of GROUP...: build and check are parts of tools/packages.txt, others are files: lab/packages.txt.
packages_of() {
    local group
    for group; do
        if [ -f "$group/packages.txt" ]; then
            sed 's/#.*//; s/[[:space:]]//g; /^$/d' "$group/packages.txt"
        else
            awk -v want="[$group]" '/^\[/ { on = $1 == want; next } on && /^[a-z0-9]/ { print $1 }' tools/packages.txt
        fi
    done | sort -u
}

missing_packages() {
    local wanted=() installed
    mapfile -t wanted < <(packages_of "$@")
    [ ${#wanted[@]} -gt 0 ] || die "tools/packages.txt lists nothing for: $*"
    # dpkg-query fails as soon as it does not know one of them.
    # shellcheck disable=SC2016  # dpkg's variables
    installed=$({ dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true; } |
        sed -n 's/^installed //p' | sort -u)
    comm -23 <(printf '%s\n' "${wanted[@]}") <(echo "$installed")
}

# need_packages GROUP...: installs what is missing.
need_packages() {
    [ -z "${TAKT_NO_SETUP:-}" ] || return 0
    local system=this
    # shellcheck disable=SC1091
    [ ! -r /etc/os-release ] || system=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")
    command -v dpkg-query >/dev/null ||
        die "this is not Debian 12 ($system): install what tools/packages.txt names, then TAKT_NO_SETUP=1 ./dev ..."
    local list missing
    list=$(missing_packages "$@") || die "cannot find out which packages are missing"
    [ -n "$list" ] || return 0
    mapfile -t missing <<<"$list"
    [ "$system" = "debian 12" ] ||
        die "this is not Debian 12 ($system): install these, then TAKT_NO_SETUP=1 ./dev ...: ${missing[*]}"
    local root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            die "not root, and no sudo: have root run: apt-get install ${missing[*]}"
        root=(sudo)
    fi
    install_packages "${missing[@]}"
}

install_packages() {
    local log=build/log/setup.log updated=''
    mkdir -p build/log
    : >"$log"
    echo "setup: installing $# packages: $*"
    [ ${#root[@]} -eq 0 ] || sudo -v || die "sudo was refused"
    all_known "$@" || update_metadata
    if ! try_install "$@"; then
        # Metadata may name versions that are gone.
        [ -z "$updated" ] || install_failed
        update_metadata
        try_install "$@" || install_failed
    fi
}

all_known() {
    local package
    for package; do
        [ -n "$(apt-cache show --no-all-versions "$package" 2>/dev/null)" ] || return 1
    done
}

apt() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -y -q -o DPkg::Lock::Timeout=600 "$@" </dev/null; }

update_metadata() {
    echo "setup: apt-get update"
    apt update >>"$log" 2>&1 || die "apt-get update failed: $(tail -n 1 "$log") (all of it in $log)"
    updated=1
}

try_install() {
    apt install --no-install-recommends "$@" 2>&1 | tee -a "$log" |
        { grep --line-buffered '^Setting up' || true; } | sed -u 's/^/setup: /'
}

install_failed() { die "apt-get install failed: $(grep '^E:' "$log" | tail -n 1) (all of it in $log)"; }
