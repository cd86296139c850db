# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# A guest with two vCPUs on two CPUs: function and races, no figures.
set -eu
# shellcheck source=lab/jobs/lib.sh
. /job/lib.sh
takt_guest smp "--cpus 2 --vcpu 0:cpu=0 --vcpu 1:cpu=1 --print-stats --print-effective" takt.job=smp takt.loops=100
echo "$vmm_status" >"$results/smp.status"
