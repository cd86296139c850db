// SPDX-License-Identifier: Apache-2.0
#include "kvm/vcpu_arm64.h"

#include <fmt/format.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "kvm/requests_arm64.h"

namespace takt::kvm {
namespace {

constexpr std::uint64_t affinity_mask = 0xff'00ff'ffff;  // Aff3, Aff2, Aff1, Aff0
// Arm ARM (DDI 0487), D23.2: MMU and caches off, bits that are RES1 set.
constexpr std::uint64_t sctlr_el1_reset = 0x00c5'0078;

bool poke(const VcpuFd& vcpu, std::uint64_t id, std::uint64_t value) RT {
  kvm_one_reg reg{.id = id, .addr = reinterpret_cast<std::uintptr_t>(&value)};
  return ::ioctl(vcpu.fd().raw(), KVM_SET_ONE_REG, &reg) == 0;
}

bool peek(const VcpuFd& vcpu, std::uint64_t id, std::uint64_t& value) RT {
  kvm_one_reg reg{.id = id, .addr = reinterpret_cast<std::uintptr_t>(&value)};
  return ::ioctl(vcpu.fd().raw(), KVM_GET_ONE_REG, &reg) == 0;
}

/// Set-up only: an error allocates.
Result<std::uint64_t> read_register(const VcpuFd& vcpu, std::uint64_t id) {
  std::uint64_t value = 0;
  if (!peek(vcpu, id, value)) return sys_error("KVM_GET_ONE_REG");
  return value;
}

Result<> write_register(const VcpuFd& vcpu, std::uint64_t id, std::uint64_t value) {
  if (!poke(vcpu, id, value)) return sys_error("KVM_SET_ONE_REG");
  return {};
}

bool set_mp_state(int fd, std::uint32_t state) RT {
  kvm_mp_state mp{.mp_state = state};
  return ::ioctl(fd, KVM_SET_MP_STATE, &mp) == 0;
}

}  // namespace

bool has_pmu(const VmFd& vm) { return vm.system().extension(KVM_CAP_ARM_PMU_V3) != 0; }

Result<> init_vcpu(const VmFd& vm, const VcpuFd& vcpu) {
  const auto has = [&](int capability) { return vm.system().extension(capability) != 0; };
  kvm_vcpu_init init{};
  TRY_VOID(preferred_target(vm.fd(), init));
  const auto add = [&](unsigned feature) { init.features[feature / 32] |= 1u << (feature % 32); };
  add(KVM_ARM_VCPU_PSCI_0_2);
  if (vcpu.id() != VcpuId{0}) add(KVM_ARM_VCPU_POWER_OFF);
  if (has_pmu(vm)) add(KVM_ARM_VCPU_PMU_V3);
  if (has(KVM_CAP_ARM_PTRAUTH_ADDRESS) && has(KVM_CAP_ARM_PTRAUTH_GENERIC)) {
    add(KVM_ARM_VCPU_PTRAUTH_ADDRESS);
    add(KVM_ARM_VCPU_PTRAUTH_GENERIC);
  }
  const bool sve = has(KVM_CAP_ARM_SVE);
  if (sve) add(KVM_ARM_VCPU_SVE);
  TRY_VOID(vcpu_init(vcpu.fd(), init));
  if (!sve) return {};
  int feature = KVM_ARM_VCPU_SVE;
  TRY_VOID(vcpu_finalize(vcpu.fd(), feature));
  return {};
}

Result<> start_pmu(const VcpuFd& vcpu, std::uint32_t intid) {
  int irq = static_cast<int>(intid);
  kvm_device_attr attribute{};
  attribute.group = KVM_ARM_VCPU_PMU_V3_CTRL;
  attribute.attr = KVM_ARM_VCPU_PMU_V3_IRQ;
  attribute.addr = reinterpret_cast<std::uintptr_t>(&irq);
  TRY_VOID(set_device_attr(vcpu.fd(), attribute));
  attribute.attr = KVM_ARM_VCPU_PMU_V3_INIT;
  attribute.addr = 0;
  TRY_VOID(set_device_attr(vcpu.fd(), attribute));
  return {};
}

Result<std::uint64_t> affinity(const VcpuFd& vcpu) {
  TRY(const std::uint64_t mpidr, read_register(vcpu, reg::mpidr_el1));
  return mpidr & affinity_mask;
}

Result<std::uint64_t> memory_model(const VcpuFd& vcpu) {
  return read_register(vcpu, reg::id_aa64mmfr0_el1);
}

Result<> set_start_state(const VcpuFd& vcpu, const StartState& start) {
  TRY_VOID(write_register(vcpu, reg::pstate, start_pstate));
  TRY_VOID(write_register(vcpu, reg::pc, start.pc));
  TRY_VOID(write_register(vcpu, reg::x(0), start.x0));
  for (unsigned n = 1; n <= 3; ++n) TRY_VOID(write_register(vcpu, reg::x(n), 0));
  return {};
}

/// A synchronous external abort, with the guest's own address as the fault's (api.rst 4.32).
void VcpuFd::refuse_access() RT {
  kvm_vcpu_events events{};
  events.exception.ext_dabt_pending = 1;
  ::ioctl(fd_.raw(), KVM_SET_VCPU_EVENTS, &events);
}

bool VcpuFd::suspend() RT {
  return peek(*this, reg::x(1), resume_.pc) && peek(*this, reg::x(2), resume_.context) &&
         set_mp_state(fd_.raw(), KVM_MP_STATE_SUSPENDED);
}

bool VcpuFd::wake_up() RT {
  return poke(*this, reg::sctlr_el1, sctlr_el1_reset) && poke(*this, reg::pstate, start_pstate) &&
         poke(*this, reg::pc, resume_.pc) && poke(*this, reg::x(0), resume_.context) &&
         set_mp_state(fd_.raw(), KVM_MP_STATE_RUNNABLE);
}

/// The virtual counter goes on, and KVM has no word for it.
void VcpuFd::tell_of_pause() RT {}

std::string describe_registers(const VcpuFd& vcpu) {
  const auto text = [&](std::uint64_t id) {
    const auto value = read_register(vcpu, id);
    return value ? fmt::format("{:#x}", *value) : "?";
  };
  return fmt::format("pc {} sp {} pstate {} x0 {} x1 {} x30 {} esr {} far {} sctlr {}",
                     text(reg::pc), text(reg::sp), text(reg::pstate), text(reg::x(0)),
                     text(reg::x(1)), text(reg::x(30)), text(reg::esr_el1), text(reg::far_el1),
                     text(reg::sctlr_el1));
}

}  // namespace takt::kvm
