# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# From exec of the VMM to the guest's init, and memory beyond guest RAM, with the
# smallest guest. bench/boot.sh starts it.
#   TAKT_CASES   takt, qemu:MACHINE in any order (takt and all machines)

set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

cp /guest/version "$results/kernel"
usleep "$phase_us"
for case in ${TAKT_CASES:-takt $(printf 'qemu:%s ' $peer_boots)}; do
    name=$(echo "$case" | tr : -)
    case $case in
    takt) takt_boot "$name" "" ;;
    takt:*) takt_boot "$name" "$(echo "${case#takt:}" | tr '+' ' ')" ;;
    qemu:*) qemu_boot "$name" "${case#*:}" ;;
    *) fail "unknown case $case" ;;
    esac
done
