// SPDX-License-Identifier: Apache-2.0
#include "kvm/irqchip_x86.h"

#include <linux/kvm.h>

#include "kvm/requests_x86.h"

namespace takt::kvm {
namespace {

// Four pages that KVM on Intel needs for real mode (api.rst 4.12, 4.18): below the local APIC and
// the top of the first 4 GiB, where no RAM and no device is.
constexpr std::uint64_t identity_map = 0xfffb'c000;
constexpr std::uint64_t tss = 0xfffb'd000;

}  // namespace

Result<> create_irqchip(VmFd& vm) {
  if (vm.system().extension(KVM_CAP_IRQCHIP) == 0)
    return env_error("this host's KVM has no in-kernel interrupt controller");
  std::uint64_t map = identity_map;
  TRY_VOID(set_identity_map_addr(vm.fd(), map));
  TRY_VOID(set_tss_addr(vm.fd(), tss));
  TRY_VOID(new_irqchip(vm.fd()));
  constexpr std::uint64_t api =
      KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK;
  const auto offered = static_cast<std::uint64_t>(vm.system().extension(KVM_CAP_X2APIC_API));
  if ((offered & api) == api) TRY_VOID(vm.enable(KVM_CAP_X2APIC_API, api));
  return {};
}

Result<> create_pit(VmFd& vm) {
  kvm_pit_config config{};
  config.flags = KVM_PIT_SPEAKER_DUMMY;
  TRY_VOID(new_pit(vm.fd(), config));
  return {};
}

}  // namespace takt::kvm
