// SPDX-License-Identifier: Apache-2.0
#include "x86/clock.h"

#include "x86/cpu.h"

namespace probe::x86 {
namespace {

std::uint64_t khz_from_hypervisor() {
  constexpr std::uint32_t timing_leaf = 0x4000'0010;
  const bool hypervisor = (cpuid(1).ecx >> 31 & 1) != 0;
  if (!hypervisor || cpuid(0x4000'0000).eax < timing_leaf) return 0;
  return cpuid(timing_leaf).eax;
}

/// What KVM writes for a guest's clock. Linux Documentation/virt/kvm/x86/msr.rst.
struct PvclockVcpuTimeInfo {
  std::uint32_t version, pad0;
  std::uint64_t tsc_timestamp, system_time;
  std::uint32_t tsc_to_system_mul;
  std::int8_t tsc_shift;
  std::uint8_t flags, pad[2];
};
static_assert(sizeof(PvclockVcpuTimeInfo) == 32);

bool has_kvmclock() {
  constexpr std::uint32_t signature_leaf = 0x4000'0000;  // EBX: "KVMK"
  constexpr std::uint32_t feature_clocksource2 = 1u << 3;
  const bool hypervisor = (cpuid(1).ecx >> 31 & 1) != 0;
  return hypervisor && cpuid(signature_leaf).ebx == 0x4b4d'564b &&
         (cpuid(signature_leaf + 1).eax & feature_clocksource2) != 0;
}

/// Has KVM fill in a kvmclock once. ns = (tsc << tsc_shift) * tsc_to_system_mul >> 32.
std::uint64_t khz_from_kvmclock() {
  if (!has_kvmclock()) return 0;
  alignas(64) static constinit PvclockVcpuTimeInfo info{};
  wrmsr(Msr::kvm_system_time_new, reinterpret_cast<std::uint64_t>(&info) | 1);
  cpuid(0);  // KVM writes the structure before it enters the guest again
  wrmsr(Msr::kvm_system_time_new, 0);
  const volatile PvclockVcpuTimeInfo& filled = info;
  const std::uint32_t mul = filled.tsc_to_system_mul;
  const int shift = filled.tsc_shift;
  if (mul == 0 || shift < -16 || shift > 31) return 0;
  const std::uint64_t khz = (1'000'000ull << 32) / mul;
  return shift < 0 ? khz << -shift : khz >> shift;
}

/// EAX / EBX: TSC per crystal clock; ECX: crystal clock in Hz, 0 if not enumerated.
std::uint64_t khz_from_leaf_15() {
  if (cpuid(0).eax < 0x15) return 0;
  const CpuidResult r = cpuid(0x15);
  return r.eax == 0 ? 0 : std::uint64_t{r.ecx} * r.ebx / r.eax / 1000;
}

/// EAX: base frequency in MHz, which is the TSC's on the processors that have the leaf.
std::uint64_t khz_from_leaf_16() {
  return cpuid(0).eax < 0x16 ? 0 : std::uint64_t{cpuid(0x16).eax & 0xffff} * 1000;
}

// 8254 channel 2, whose gate and output are bits of port 0x61.
constexpr std::uint16_t pit_channel_2 = 0x42;
constexpr std::uint16_t pit_control = 0x43;
constexpr std::uint16_t pit_gate = 0x61;
constexpr std::uint8_t gate_on = 0x01, speaker = 0x02, output = 0x20;
constexpr std::uint8_t channel_2_mode_0 = 0xb0;
constexpr std::uint32_t pit_hz = 1'193'182;
constexpr std::uint32_t pit_ticks = 11'932;         // 10 ms
constexpr std::uint64_t pit_bound = 1'000'000'000;  // cycles: 10 ms of a 100 GHz clock

bool pit_output() { return (inb(pit_gate) & output) != 0; }

/// In mode 0 the output is low from the control word until the count is used up; where it is high
/// at once there is no PIT.
std::uint64_t khz_from_pit() {
  outb(pit_gate, static_cast<std::uint8_t>((inb(pit_gate) & ~speaker) | gate_on));
  outb(pit_control, channel_2_mode_0);
  if (pit_output()) return 0;
  outb(pit_channel_2, pit_ticks & 0xff);
  const std::uint64_t start = rdtsc_fenced();
  outb(pit_channel_2, pit_ticks >> 8);
  std::uint64_t cycles = 0;
  while (!pit_output() && cycles < pit_bound) cycles = rdtsc_fenced() - start;
  return cycles < pit_bound ? cycles * pit_hz / pit_ticks / 1000 : 0;
}

struct Source {
  std::string_view name;
  std::uint64_t (*khz)();
};
constexpr Source sources[] = {
    {"hypervisor", khz_from_hypervisor},
    {"kvmclock", khz_from_kvmclock},
    {"cpuid15", khz_from_leaf_15},
    {"cpuid16", khz_from_leaf_16},
    {"pit", khz_from_pit},
};

}  // namespace

machine::Clock tsc_clock(std::uint64_t khz_hint) {
  if (khz_hint != 0) return {"tsc", "option", khz_hint, true};
  for (const Source& s : sources) {
    if (const std::uint64_t khz = s.khz(); khz != 0) return {"tsc", s.name, khz, true};
  }
  return {"tsc", "none", 0, true};
}

}  // namespace probe::x86
