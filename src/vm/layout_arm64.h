// SPDX-License-Identifier: Apache-2.0
// The guest-physical map of the arm64 board, and its interrupts. All that the guest needs of it is
// in the device tree.
//
//   0x00'0000'0000 +-----------------------------+
//                  | free                        |
//   0x00'0800'0000 | GIC distributor (in KVM)    |
//   0x00'0801'0000 | GICv2 CPU interface (KVM)   |  with a GICv2 only
//   0x00'0808'0000 | ITS (in KVM), 128 KiB       |  with a GICv3 only
//   0x00'080a'0000 | redistributors 0..122 (KVM) |  128 KiB for each vCPU
//   0x00'0900'0000 | UART                        |
//   0x00'0901'0000 | RTC                         |
//   0x00'0903'0000 | GPIO: power button          |
//   0x00'0a00'0000 | debug exit                  |  these four with --testdev only
//   0x00'0a01'0000 | test registers              |
//   0x00'0a02'0000 | test eventfd                |
//   0x00'0a03'0000 | slow device                 |
//   0x00'0a10'0000 | virtio-mmio, 8 windows      |  with --virtio mmio
//   0x00'1000'0000 | redistributors 123..511     |
//   0x00'1400'0000 | PCI: 32-bit BARs            |  vm/pci_host.h
//   0x00'3eff'0000 | PCI: I/O ports              |
//   0x00'3f00'0000 | PCI: ECAM of bus 0          |
//   0x00'4000'0000 +-----------------------------+
//                  | RAM                         |
//                  +-----------------------------+
//
// Interrupts are numbers of shared peripheral interrupts (SPI): INTID less 32.
#pragma once

#include <array>
#include <string_view>

#include "base/units.h"
#include "kvm/vgic_arm64.h"

namespace takt::layout {

inline constexpr Gpa gic_distributor{0x0800'0000};
inline constexpr std::uint64_t gicv3_distributor_bytes = 64_KiB;
inline constexpr std::uint64_t gicv2_distributor_bytes = 4_KiB;
inline constexpr Gpa gicv2_cpu_interface{0x0801'0000};
inline constexpr std::uint64_t gicv2_cpu_interface_bytes = 8_KiB;
inline constexpr Gpa its{0x0808'0000};
inline constexpr std::array<kvm::RedistributorRegion, 2> redistributors{
    {{Gpa{0x080a'0000}, 123}, {Gpa{0x1000'0000}, 389}}};

inline constexpr Gpa uart{0x0900'0000};
inline constexpr Gpa rtc{0x0901'0000};
inline constexpr Gpa gpio{0x0903'0000};
inline constexpr Gpa debug_exit{0x0a00'0000};
inline constexpr Gpa test_registers{0x0a01'0000};
inline constexpr Gpa test_eventfd{0x0a02'0000};
inline constexpr Gpa slow_device{0x0a03'0000};
inline constexpr Gpa virtio_mmio{0x0a10'0000};
inline constexpr Gpa ram{1_GiB};

inline constexpr std::uint32_t uart_spi = 1;
inline constexpr std::uint32_t rtc_spi = 2;
inline constexpr std::uint32_t gpio_spi = 7;
inline constexpr std::uint32_t pmu_intid = 23;  // a private one: PPI 7

inline constexpr Gpa pci_ecam{0x3f00'0000};
inline constexpr Gpa pci_io{0x3eff'0000};
inline constexpr std::uint64_t pci_io_bytes = 64_KiB;
inline constexpr std::uint64_t pci_mem32 = 0x1400'0000;
inline constexpr std::uint64_t pci_mem32_bytes = 0x3eff'0000 - pci_mem32;
inline constexpr std::uint32_t pci_first_spi = 32;  // INTA# of slot 0; 32 slots
inline constexpr std::uint32_t virtio_first_spi = 64;

inline constexpr unsigned power_button_pin = 3;
inline constexpr unsigned uart16550_reg_shift = 2;

}  // namespace takt::layout
