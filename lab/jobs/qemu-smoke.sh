# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The guest boots and measures under QEMU in L1, with each kind of placement.
# TAKT_LOOPS: samples of each cyclictest (500).

set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

loops=${TAKT_LOOPS:-500}
for variant in ${TAKT_BOOTS-$peer_boots}; do
    qemu_boot "boot-$variant" "$variant"
done
host_cyclictest host "$loops"
for variant in ${TAKT_VARIANTS-$peer_variants}; do
    cyclictest_in "qemu-$variant" "$loops" qemu_guest "$variant"
done
