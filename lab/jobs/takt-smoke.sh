# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The guest boots and measures under takt in L1, with HLT exits and without:
#   lab/run.sh --add build/release/src/cli/takt:/usr/bin/takt --out DIR lab/jobs/takt-smoke.sh
# TAKT_LOOPS: samples of each cyclictest (500).

set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh

loops=${TAKT_LOOPS:-500}
fifo="--vcpu 0:policy=fifo,priority=$vcpu_prio"
takt_boot boot-takt ""
host_cyclictest host "$loops"
cyclictest_in takt-fifo "$loops" takt_guest "$fifo"
[ "$(uname -m)" != x86_64 ] || cyclictest_in takt-pm "$loops" takt_guest "$fifo --disable-exits all"
