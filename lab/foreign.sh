#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs COMMAND as root where programs of the architecture run as if they were this machine's:
#
#   lab/foreign.sh [--arch x86|arm64] COMMAND...
#
# Root without rights: of a user namespace, with mounts and processes of its own. Since Linux 6.7 such a
# namespace can have its own binfmt_misc, which sends the programs to QEMU's user mode; this machine
# remains as it is. Where programs of the architecture run anyway, COMMAND is run, and nothing more.

# shellcheck source=lab/common.sh
. "$(dirname "$0")/common.sh"
need arch-test unshare
[ $# -gt 0 ] || die "usage: foreign.sh [--arch x86|arm64] COMMAND..."

! arch-test "$deb_arch" >/dev/null || exec "$@"

binfmt=/usr/lib/binfmt.d/qemu-$arch_machine.conf
[ -r "$binfmt" ] || die "no $binfmt: install qemu-user-static"

# shellcheck disable=SC2016  # expands in the child
inside='set -e
    mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    cat "$0" >/proc/sys/fs/binfmt_misc/register
    exec "$@"'
space=(unshare --mount --pid --fork --mount-proc sh -c "$inside" "$binfmt" "$@")

# Packages have files of many owners. Others than root need a range of them in /etc/subuid and /etc/subgid.
if [ "$(id -u)" != 0 ]; then
    need newuidmap
    exec unshare --user --map-root-user --map-auto "${space[@]}"
fi

# Root has no range there, but may write the map: when the child is in its namespace, which waits.
new_temp_dir "${TMPDIR:-/tmp}"
mkfifo "$temp/mapped"
# shellcheck disable=SC2016
unshare --user sh -c 'read -r _ <"$0" && exec "$@"' "$temp/mapped" "${space[@]}" &
child=$!
trap 'kill "$child" 2>/dev/null || true; remove_temp_dirs' EXIT
until [ ! -e "/proc/$child/ns/user" ] || ! [ "/proc/$child/ns/user" -ef /proc/self/ns/user ]; do sleep 0.01; done
for map in uid_map gid_map; do echo 0 0 65536 >"/proc/$child/$map"; done
echo >"$temp/mapped"
status=0
wait "$child" || status=$?
exit "$status"
