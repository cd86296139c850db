// SPDX-License-Identifier: Apache-2.0
// The guest-physical map of the x86 board. The first MiB has a picture of its own in
// boot/low_memory_x86.h.
//
//   0x0'0000'0000 +--------------------------+
//                 | RAM                      |
//   0x0'c000'0000 +--------------------------+  at most 3 GiB of RAM below 4 GiB
//   0x0'c000'0000 | PCI: 32-bit BARs         |  vm/pci_host.h
//   0x0'e000'0000 | PCI: ECAM of bus 0       |
//   0x0'fe00'0000 | virtio-mmio, 8 windows   |  with --virtio mmio
//   0x0'fec0'0000 | IOAPIC (in KVM)          |
//   0x0'fee0'0000 | local APIC (in KVM)      |
//   0x0'ff00'0000 | test registers (testdev) |
//   0x0'ff00'1000 | slow device (testdev)    |
//   0x0'fffb'c000 | four pages KVM needs     |  kvm/vm_fd_x86.cpp
//   0x1'0000'0000 +--------------------------+
//                 | the rest of RAM          |
//                 +--------------------------+
//
// I/O ports from 0xc000 on are PCI's. INTA# of slot n is IOAPIC pin 16 + n modulo 8; virtio-mmio's
// window n has pin 16 + n.
#pragma once

#include "base/units.h"

namespace takt::layout {

inline constexpr Gpa low_ram{0};
inline constexpr std::uint64_t low_ram_max = 3_GiB;
inline constexpr Gpa ioapic{0xfec0'0000};
inline constexpr Gpa lapic{0xfee0'0000};
inline constexpr Gpa test_registers{0xff00'0000};
inline constexpr Gpa slow_device{0xff00'1000};
inline constexpr Gpa high_ram{4_GiB};

inline constexpr Port i8042{0x60};
inline constexpr Port rtc{0x70};
inline constexpr Port test_port{0xe0};
inline constexpr Port debug_console{0xe9};
inline constexpr Port test_eventfd{0xea};
inline constexpr Port debug_exit{0xf4};
inline constexpr Port com1{0x3f8};
inline constexpr Port acpi_pm{0x600};

inline constexpr Gsi com1_gsi{4};

inline constexpr Gpa pci_ecam{0xe000'0000};
inline constexpr std::uint64_t pci_mem32 = 0xc000'0000;
inline constexpr std::uint64_t pci_mem32_bytes = 512_MiB;
inline constexpr Gpa virtio_mmio{0xfe00'0000};
inline constexpr Port pci_config_ports{0xcf8};
inline constexpr std::uint64_t pci_io = 0xc000;
inline constexpr std::uint64_t pci_io_bytes = 16_KiB;
inline constexpr std::uint32_t pci_first_gsi = 16;
inline constexpr std::uint32_t pci_pins = 8;

}  // namespace takt::layout
