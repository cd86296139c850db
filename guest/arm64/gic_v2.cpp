// SPDX-License-Identifier: Apache-2.0
// GICv2: memory-mapped CPU interface, one group. Arm IHI 0048, chapter 4.
#include <atomic>

#include "arm64/cpu.h"
#include "arm64/gic.h"

namespace probe::arm64 {
namespace {

// 4.3, distributor.
constexpr std::uint32_t gicd_ctlr = 0x000;
constexpr std::uint32_t gicd_isenabler0 = 0x100;
constexpr std::uint32_t gicd_icenabler0 = 0x180;
constexpr std::uint32_t gicd_ipriorityr = 0x400;
constexpr std::uint32_t gicd_itargetsr0 = 0x800;
constexpr std::uint32_t gicd_sgir = 0xf00;
constexpr std::uint32_t sgir_to_self = 2u << 24;

// 4.4, CPU interface.
constexpr std::uint32_t gicc_ctlr = 0x00;
constexpr std::uint32_t gicc_pmr = 0x04;
constexpr std::uint32_t gicc_iar = 0x0c;
constexpr std::uint32_t gicc_eoir = 0x10;

constinit std::atomic<std::uint32_t> last_started{0};  // its bit in target lists

std::uintptr_t distributor(std::uint32_t reg) { return platform().gic.distributor.base + reg; }
std::uintptr_t interface(std::uint32_t reg) { return platform().gic.cpu_interface.base + reg; }

bool start_distributor() {
  write32(distributor(gicd_ctlr), 1);
  return true;
}

bool start_cpu() {
  if (platform().gic.cpu_interface.bytes == 0) return false;
  write32(distributor(gicd_icenabler0), ~0u);
  for (unsigned id = 0; id < 32; id += 4)
    write32(distributor(gicd_ipriorityr + id), interrupt_priorities);
  write32(distributor(gicd_isenabler0), enabled_interrupts);
  write32(interface(gicc_pmr), 0xff);
  write32(interface(gicc_ctlr), 1);
  last_started.store(read32(distributor(gicd_itargetsr0)) & 0xff);
  return true;
}

/// Of an SGI it also says who sent it, and has to be told so at the end.
std::uint32_t acknowledge() { return read32(interface(gicc_iar)); }
void end(std::uint32_t acknowledged) { write32(interface(gicc_eoir), acknowledged); }

void send_to(std::uint32_t target, std::uint32_t sgi) {
  dsb();
  write32(distributor(gicd_sgir), target | sgi);
}

void send_self(std::uint32_t sgi) { send_to(sgir_to_self, sgi); }
void send(std::uint64_t, std::uint32_t sgi) { send_to(last_started.load() << 16, sgi); }

}  // namespace

constinit const GicDriver gic_v2{start_distributor, start_cpu, acknowledge, end, send_self, send};

}  // namespace probe::arm64
