# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# Real Debian kernels under takt, in one boot of L1: what every machine can, and the ELF image by PVH.
set -eu
# shellcheck source=test/lab/guests.sh
. /job/guests.sh
guests_of_every_machine "--disable-exits hlt" /vmlinux
