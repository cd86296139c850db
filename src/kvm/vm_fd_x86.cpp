// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <linux/kvm.h>

#include "kvm/requests_x86.h"
#include "kvm/vm_fd.h"

namespace takt::kvm {
namespace {

// Four pages that KVM on Intel needs for real mode (api.rst 4.12, 4.18): below the local APIC and
// the top of the first 4 GiB, where no RAM and no device is.
constexpr std::uint64_t identity_map = 0xfffb'c000;
constexpr std::uint64_t tss = 0xfffb'd000;

std::string disable_exit_names(std::uint32_t mask) {
  std::string names;
  if (mask == 0) return "none";
  const auto add = [&](DisableExit bit, std::string_view name) {
    if ((mask & std::to_underlying(bit)) == 0) return;
    names += names.empty() ? "" : ",";
    names += name;
  };
  add(DisableExit::mwait, "mwait");
  add(DisableExit::hlt, "hlt");
  add(DisableExit::pause, "pause");
  add(DisableExit::cstate, "cstate");
  return names;
}

}  // namespace

Result<> VmFd::create_irqchip() {
  if (system_->extension(KVM_CAP_IRQCHIP) == 0)
    return env_error("this host's KVM has no in-kernel interrupt controller");
  std::uint64_t map = identity_map;
  TRY_VOID(set_identity_map_addr(fd_, map));
  TRY_VOID(set_tss_addr(fd_, tss));
  TRY_VOID(kvm::create_irqchip(fd_));
  constexpr std::uint64_t api =
      KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK;
  const auto offered = static_cast<std::uint64_t>(system_->extension(KVM_CAP_X2APIC_API));
  if ((offered & api) == api) TRY_VOID(enable(KVM_CAP_X2APIC_API, api));
  return {};
}

Result<> VmFd::create_pit() {
  kvm_pit_config config{};
  config.flags = KVM_PIT_SPEAKER_DUMMY;
  TRY_VOID(create_pit2(fd_, config));
  return {};
}

Result<> VmFd::check_disable_exits(std::uint32_t mask) const {
  const auto offered = static_cast<std::uint32_t>(system_->extension(KVM_CAP_X86_DISABLE_EXITS));
  const std::uint32_t missing = mask & ~offered;
  if (missing == 0) return {};
  return env_error(fmt::format("this host's KVM cannot disable exits on {} (it offers: {})",
                               disable_exit_names(missing), disable_exit_names(offered)));
}

Result<std::uint32_t> VmFd::disable_exits(std::uint32_t mask) {
  const auto offered = static_cast<std::uint32_t>(system_->extension(KVM_CAP_X86_DISABLE_EXITS));
  const std::uint32_t granted = mask & offered;
  if (granted != 0) TRY_VOID(enable(KVM_CAP_X86_DISABLE_EXITS, granted));
  return granted;
}

}  // namespace takt::kvm
