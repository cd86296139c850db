# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# What is x86-64's own in the lab. Sourced by lab/common.sh (bash), and in L1, as
# /job/arch.sh, by lib.sh (busybox sh).

arch_machine=x86_64 # as uname -m says
deb_arch=amd64
kernel_meta=linux-image-6.12-rt-amd64
modules_at_boot="kvm-amd"   # what they depend on comes along
modules_later="msr tun"     # loaded by a job

# L1. KVM on a PREEMPT_RT host wants a constant TSC, which the emulator does not
# advertise; without the hypervisor bit and with this serial number Linux takes
# the machine for one that guarantees it. Only the lab does this. Later emulators
# have an x2APIC, but not one that can be read while the clock counts instructions.
l1_qemu=qemu-system-x86_64
l1_package=qemu-system-x86
l1_machine="-L /usr/share/qemu -L /usr/share/seabios -cpu max,+svm,+npt,-hypervisor,-x2apic -smbios type=1,serial=VMware-1"
l1_console=ttyS0
l1_parameters="mitigations=off"
l1_job_log=serial           # a second UART

# The peer: QEMU finds its ROMs in /usr/share, and only when it lies in /usr/bin itself.
peer=qemu-system-x86_64
peer_packages="qemu-system-x86 qemu-system-data seabios"
peer_roms="bios-256k.bin bios-microvm.bin qboot.rom kvmvapic.bin linuxboot.bin linuxboot_dma.bin
      multiboot.bin multiboot_dma.bin pvh.bin"

probe_file=probe-x86.elf # of guest/
guest_console=ttyS0
guest_words="mitigations=off"
# The guest ends by a reset under QEMU, not by power-off: after a power-off QEMU lets the
# vCPU run on until its main thread has seen the request, and a FIFO vCPU that
# spins there never lets it. A reset stops the vCPU at once.
peer_guest_end=reboot

peer_boots="pc microvm"
timer_cases="host takt:no-hlt-exits qemu:pc-pm"
peer_variants="pc pc-fifo-all pc-fifo pc-pm microvm-fifo microvm-pm"

# peer_machine VARIANT: the machine's words for lib.sh's qemu_arguments; fails if there is no such variant.
# microvm stays with KVM's own irqchip: its default, the I/O APIC in QEMU, takes
# an RCU grace period for each route the guest writes, 5 s more of boot.
peer_cpu=${TAKT_QEMU_CPU:-host,migratable=off}
peer_machine() {
    case $1 in
    microvm | microvm-fifo-all | microvm-fifo | microvm-pm)
        echo "-M microvm,kernel-irqchip=on,pit=off,pic=off,rtc=on,isa-serial=on"
        ;;
    pc | pc-fifo-all | pc-fifo | pc-pm) echo "-M pc" ;;
    *) return 1 ;;
    esac
}
