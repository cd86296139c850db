# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# L1 is what it should be: KVM is there, the kernel is PREEMPT_RT, time can be
# measured.

set -eu
echo "TAKT-PROGRESS L1 is up: $(uname -r)"
[ -c /dev/kvm ]
uname -v | tee /results/uname
grep -q PREEMPT_RT /results/uname
cyclictest -q -m -p95 -i1000 -l200 -h 200 | grep -Ev '^[0-9]+[[:space:]]+0+$' | tee /results/host.hist
