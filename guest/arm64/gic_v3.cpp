// SPDX-License-Identifier: Apache-2.0
// GICv3: affinity routing, group 1, CPU interface by system registers. Arm IHI 0069, chapter 12.
#include <optional>

#include "arm64/cpu.h"
#include "arm64/gic.h"

namespace probe::arm64 {
namespace {

// 12.9, distributor.
constexpr std::uint32_t gicd_ctlr = 0x0000;
constexpr std::uint32_t ctlr_are_ns = 1u << 4;
constexpr std::uint32_t ctlr_enable_group_1 = 1u << 1;
constexpr std::uint32_t ctlr_rwp = 1u << 31;

// 12.11, redistributor: a frame for control, one for SGIs and PPIs, two more with virtual LPIs.
constexpr std::uint64_t frame_bytes = 0x1'0000;
constexpr std::uint32_t gicr_ctlr = 0x0000;
constexpr std::uint32_t gicr_typer = 0x0008;
constexpr std::uint32_t gicr_waker = 0x0014;
constexpr std::uint32_t typer_vlpis = 1u << 1;
constexpr std::uint32_t typer_last = 1u << 4;
constexpr std::uint32_t waker_processor_sleep = 1u << 1;
constexpr std::uint32_t waker_children_asleep = 1u << 2;
constexpr std::uint32_t gicr_igroupr0 = 0x1'0080;
constexpr std::uint32_t gicr_isenabler0 = 0x1'0100;
constexpr std::uint32_t gicr_icenabler0 = 0x1'0180;
constexpr std::uint32_t gicr_ipriorityr = 0x1'0400;

constexpr unsigned polls = 1'000'000;

/// Waits until none of `bits` is set; false if that does not happen.
bool wait_clear(std::uintptr_t address, std::uint32_t bits) {
  for (unsigned i = 0; i < polls; ++i) {
    if ((read32(address) & bits) == 0) return true;
    yield();
  }
  return false;
}

/// GICR_TYPER's upper half: Aff3 in its bits 31..24, where MPIDR has it eight bits further up.
std::uint64_t affinity_of(std::uintptr_t redistributor) {
  const std::uint64_t upper = read32(redistributor + gicr_typer + 4);
  return (upper & 0x00ff'ffff) | (upper & 0xff00'0000) << 8;
}

/// Each region's frames end with one marked as the last.
std::optional<std::uintptr_t> find_in(const Range& region, std::uint64_t wanted) {
  std::uint64_t offset = 0;
  while (offset < region.bytes && region.bytes - offset >= 2 * frame_bytes) {
    const std::uintptr_t at = region.base + offset;
    if (affinity_of(at) == wanted) return at;
    const std::uint32_t typer = read32(at + gicr_typer);
    if ((typer & typer_last) != 0) break;
    offset += (typer & typer_vlpis) != 0 ? 4 * frame_bytes : 2 * frame_bytes;
  }
  return std::nullopt;
}

std::optional<std::uintptr_t> own_redistributor() {
  for (const Range& region : platform().gic.redistributors) {
    if (const auto found = find_in(region, affinity())) return found;
  }
  return std::nullopt;
}

bool wake(std::uintptr_t redistributor) {
  const std::uintptr_t waker = redistributor + gicr_waker;
  write32(waker, read32(waker) & ~waker_processor_sleep);
  return wait_clear(waker, waker_children_asleep);
}

void enable_private_interrupts(std::uintptr_t redistributor) {
  write32(redistributor + gicr_icenabler0, ~0u);
  write32(redistributor + gicr_igroupr0, ~0u);
  for (unsigned id = 0; id < 32; id += 4)
    write32(redistributor + gicr_ipriorityr + id, interrupt_priorities);
  write32(redistributor + gicr_isenabler0, enabled_interrupts);
  wait_clear(redistributor + gicr_ctlr, 1u << 3);  // RWP
}

/// The names are those of system registers that assemblers may not know. 12.2.
bool start_cpu_interface() {
  PROBE_WRITE("s3_0_c12_c12_5", PROBE_READ("s3_0_c12_c12_5") | 1);  // ICC_SRE_EL1.SRE
  isb();
  if ((PROBE_READ("s3_0_c12_c12_5") & 1) == 0) return false;
  PROBE_WRITE("s3_0_c4_c6_0", 0xff);  // ICC_PMR_EL1: all priorities
  PROBE_WRITE("s3_0_c12_c12_3", 0);   // ICC_BPR1_EL1
  PROBE_WRITE("s3_0_c12_c12_4", 0);   // ICC_CTLR_EL1: EOIR deactivates too
  PROBE_WRITE("s3_0_c12_c12_7", 1);   // ICC_IGRPEN1_EL1
  isb();
  return true;
}

bool start_distributor() {
  const std::uintptr_t ctlr = platform().gic.distributor.base + gicd_ctlr;
  write32(ctlr, ctlr_are_ns);
  if (!wait_clear(ctlr, ctlr_rwp)) return false;
  write32(ctlr, ctlr_are_ns | ctlr_enable_group_1);
  return wait_clear(ctlr, ctlr_rwp);
}

bool start_cpu() {
  constexpr unsigned gic_field = 24;  // ID_AA64PFR0_EL1: 0 = no system registers
  if ((PROBE_READ("id_aa64pfr0_el1") >> gic_field & 0xf) == 0) return false;
  const auto redistributor = own_redistributor();
  if (!redistributor || !wake(*redistributor)) return false;
  enable_private_interrupts(*redistributor);
  return start_cpu_interface();
}

std::uint32_t acknowledge() {
  const auto id = static_cast<std::uint32_t>(PROBE_READ("s3_0_c12_c12_0"));  // ICC_IAR1_EL1
  dsb();
  return id;
}

void end(std::uint32_t acknowledged) {
  PROBE_WRITE("s3_0_c12_c12_1", acknowledged);  // ICC_EOIR1_EL1
  isb();
}

/// ICC_SGI1R_EL1, 12.2.21: CPUs 16 * RS .. 16 * RS + 15 of a cluster have a bit each.
void send(std::uint64_t affinity, std::uint32_t sgi) {
  const std::uint64_t aff0 = affinity & 0xff, aff1 = affinity >> 8 & 0xff;
  const std::uint64_t aff2 = affinity >> 16 & 0xff, aff3 = affinity >> 32 & 0xff;
  dsb();
  PROBE_WRITE("s3_0_c12_c11_5", aff3 << 48 | (aff0 >> 4) << 44 | aff2 << 32 |
                                    std::uint64_t{sgi} << 24 | aff1 << 16 | 1u << (aff0 & 0xf));
  isb();
}

void send_self(std::uint32_t sgi) { send(affinity(), sgi); }

}  // namespace

constinit const GicDriver gic_v3{start_distributor, start_cpu, acknowledge, end, send_self, send};

}  // namespace probe::arm64
