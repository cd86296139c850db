# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# An older host: no VHE, GICv2, 44 bits of address, no 16 KiB pages.
set -eu
# shellcheck source=test/lab/guests.sh
. /job/guests.sh
dmesg | grep -E 'kvm|GIC' >"$results/host"
guest info "--print-stats --print-effective" takt.job=info
bare cpus --kernel /guest/vmlinuz --cpus 9
bare gic-v3 --kernel /guest/vmlinuz --gic v3
bare memory --kernel /guest/vmlinuz --memory 16T
bare pages-16k --kernel /pages-16k
