// SPDX-License-Identifier: Apache-2.0
#include "kvm/vgic_arm64.h"

#include <linux/kvm.h>

#include "kvm/requests_arm64.h"

namespace takt::kvm {
namespace {

Result<> set_attribute(const Fd& device, std::uint32_t group, std::uint64_t attr,
                       const void* value) {
  kvm_device_attr attribute{};
  attribute.group = group;
  attribute.attr = attr;
  attribute.addr = reinterpret_cast<std::uintptr_t>(value);
  TRY_VOID(set_device_attr(device, attribute));
  return {};
}

Result<> place(const Fd& device, std::uint64_t part, std::uint64_t where) {
  return set_attribute(device, KVM_DEV_ARM_VGIC_GRP_ADDR, part, &where);
}

Result<> initialise(const Fd& device) {
  return set_attribute(device, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, nullptr);
}

Result<> place_v3(const Fd& gic, const GicLayout& layout) {
  TRY_VOID(place(gic, KVM_VGIC_V3_ADDR_TYPE_DIST, layout.distributor.raw()));
  std::uint64_t index = 0;
  for (const RedistributorRegion& region : layout.redistributors) {
    // arm-vgic-v3.rst: count in bits 63:52, base in 51:16, flags 15:12 zero, index in 11:0
    const std::uint64_t word = std::uint64_t{region.count} << 52 | region.base.raw() | index++;
    TRY_VOID(place(gic, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, word));
  }
  return {};
}

Result<> place_v2(const Fd& gic, const GicLayout& layout) {
  TRY_VOID(place(gic, KVM_VGIC_V2_ADDR_TYPE_DIST, layout.distributor.raw()));
  return place(gic, KVM_VGIC_V2_ADDR_TYPE_CPU, layout.cpu_interface.raw());
}

}  // namespace

GicOffer gic_offer(const VmFd& vm) {
  GicOffer offer;
  offer.v2 = vm.has_device(KVM_DEV_TYPE_ARM_VGIC_V2);
  offer.v3 = vm.has_device(KVM_DEV_TYPE_ARM_VGIC_V3);
  offer.its = vm.has_device(KVM_DEV_TYPE_ARM_VGIC_ITS);
#ifdef KVM_DEV_TYPE_ARM_VGIC_V5
  offer.v5_known = true;
  offer.v5 = vm.has_device(KVM_DEV_TYPE_ARM_VGIC_V5);
#endif
  return offer;
}

Result<Vgic> Vgic::create(const VmFd& vm, GicVersion version, bool with_its,
                          const GicLayout& layout) {
  const bool v3 = version == GicVersion::v3;
  Vgic vgic;
  TRY(vgic.gic_, vm.create_device(v3 ? KVM_DEV_TYPE_ARM_VGIC_V3 : KVM_DEV_TYPE_ARM_VGIC_V2));
  TRY_VOID(v3 ? place_v3(vgic.gic_, layout) : place_v2(vgic.gic_, layout));
  TRY_VOID(set_attribute(vgic.gic_, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &gic_interrupts));
  if (v3 && with_its) {
    TRY(vgic.its_, vm.create_device(KVM_DEV_TYPE_ARM_VGIC_ITS));
    TRY_VOID(place(vgic.its_, KVM_VGIC_ITS_ADDR_TYPE, layout.its.raw()));
  }
  TRY_VOID(initialise(vgic.gic_));
  if (vgic.its_) TRY_VOID(initialise(vgic.its_));
  return vgic;
}

}  // namespace takt::kvm
