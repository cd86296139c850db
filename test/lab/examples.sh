# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The files of examples/ as they stand, on a host with CPU 1 set aside, in a directory where the names
# in them are the lab's kernel, its initrd and the probe. Only what the guest is to do is said beside.
set -eu
# shellcheck source=test/lab/guests.sh
. /job/guests.sh
mkdir -p /run/examples
cd /run/examples
ln -s /guest/vmlinuz vmlinuz-rt
ln -s /guest/initrd.cpio initrd.cpio
ln -s /probe rtos.elf
# The host of this test has no cpuidle and no kernel of the user's.
words="console=ttyS0 quiet loglevel=4 panic=-1 $guest_words takt.job=smp takt.loops=100"
bare controller /job/controller.toml --print-effective --cmdline "$words"
mixed() { bare mixed /job/mixed.toml --print-effective --cmdline "$words"; }
mixed
# A stale breakpoint of the emulator's (lab/README.md), seen once in four boots: once more then.
if grep -q 'Oops: int3' "$results/mixed.console"; then
    echo "mixed: the emulator showed a stale breakpoint; again"
    mixed
fi
bare rtos /job/rtos.toml --testdev --print-effective --cmdline "timer samples=200 hist=off"
