# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# A short measurement, to be run twice: nothing in it may depend on the machine.
set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh
cyclictest_in takt 300 takt_guest "--vcpu 0:policy=fifo,priority=80 --print-stats"
