# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# The arm64 machine in one boot of L1: what every machine can, with Image.gz; its devices; the probe; and
# files that it does not take.
set -eu
# shellcheck source=test/lab/guests.sh
. /job/guests.sh

guests_of_every_machine "" /Image.gz

guest suspend --print-stats takt.job=suspend

# Typing: interrupts of the UART, each of the two models.
typed() { # NAME "TAKT OPTIONS" PARAMETER...
    guest_beside "$@" takt.job=shell
    says "$1" TAKT-INIT
    usleep 300000 # for the shell; what comes earlier is the terminal's
    # shellcheck disable=SC2016  # the guest's shell expands it
    type_in 'dmesg | grep -E "ttyAMA0|ttyS0"; cat /proc/interrupts; echo TAKT-TYPED $((6 * 7)); exit'
    wait
}
typed pl011 ""
typed uart16550 "--uart 16550" console=ttyS0

# The guest's modules are L1's own: the same kernel.
mkdir -p /tmp/more/lib/modules
cp /lib/modules/evdev.ko /lib/modules/gpio_keys.ko /tmp/more/lib/modules
(cat /guest/initrd.cpio && cd /tmp/more && find . | cpio -H newc -o) >/tmp/initrd.cpio
guest_initrd=/tmp/initrd.cpio
guest_beside button "" takt.job=button
guest_initrd=
says button TAKT-BUTTON-READY
usleep 300000
kill -PWR "$(takt_pid)"
wait

probe() { bare "$1" --kernel /probe --testdev --cmdline "$2"; }
probe probe "all samples=200 iterations=20 warmup=5 hist=off"
probe probe-wrong "sampels=200"

for file in /mistakes/*; do bare "$(basename "$file")" --kernel "$file"; done
bare dtb --cpus 3 --dump-dtb "$results/machine.dtb"
bare gic-v2 --kernel /guest/vmlinuz --gic v2
bare memory --kernel /guest/vmlinuz --memory 16T
