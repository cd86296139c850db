# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
#
# What is arm64's own in the lab. Sourced by lab/common.sh (bash), and in L1, as
# /job/arch.sh, by lib.sh (busybox sh).

arch_machine=aarch64 # as uname -m says
deb_arch=arm64
kernel_meta=linux-image-6.12-rt-arm64
modules_at_boot=""          # KVM is built in
modules_later="tun evdev gpio_keys" # the last two are for a guest

# L1: VHE, GICv3 with ITS and GICv4, SMMUv3. Without pauth-impdef the emulator
# spends most of its time on a cipher; a random seed in the device tree would make
# each run another one.
l1_qemu=qemu-system-aarch64
l1_package=qemu-system-arm
l1_machine="-M virt,virtualization=on,gic-version=4,iommu=smmuv3,dtb-randomness=off -cpu max,pauth-impdef=on"
l1_console=ttyAMA0
l1_parameters="mitigations=off"
l1_job_log=virtio           # the machine has one UART

peer=qemu-system-aarch64
peer_packages="qemu-system-arm"
peer_roms=""

probe_file=probe-arm64.Image # of guest/
guest_console=ttyAMA0
guest_words="mitigations=off"
# PSCI's SYSTEM_OFF stops all vCPUs in KVM itself, before QEMU sees it.
peer_guest_end=poweroff

peer_boots="virt"
timer_cases="host takt:wfi-exits qemu:virt-fifo"
peer_variants="virt virt-fifo-all virt-fifo"

peer_cpu=${TAKT_QEMU_CPU:-host}
peer_machine() {
    case $1 in
    virt | virt-fifo-all | virt-fifo) echo "-M virt,gic-version=host" ;;
    *) return 1 ;;
    esac
}
