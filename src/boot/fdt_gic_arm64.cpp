// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "boot/fdt_parts_arm64.h"

namespace takt::fdt {
namespace {

constexpr std::uint64_t its_bytes = 128_KiB;
constexpr std::uint64_t v2m_bytes = 4_KiB;

/// What both generations have in common. Children have addresses of this bus: `ranges` is empty.
void add_controller(FdtWriter& fdt) {
  fdt.phandle(gic_phandle);
  fdt.flag("interrupt-controller");
  fdt.u32("#interrupt-cells", 3);
  fdt.u32("#address-cells", 2);
  fdt.u32("#size-cells", 2);
  fdt.flag("ranges");
}

/// arm,gic-v3.yaml; its child is an ITS, by which MSIs become LPIs.
void add(FdtWriter& fdt, const FdtGicV3& gic) {
  std::vector<GpaRange> regions{gic.distributor};
  regions.insert(regions.end(), gic.redistributors.begin(), gic.redistributors.end());
  const auto node = fdt.node("interrupt-controller", gic.distributor.start.raw());
  fdt.text("compatible", "arm,gic-v3");
  add_controller(fdt);
  if (gic.redistributors.size() > 1)
    fdt.u32("#redistributor-regions", static_cast<std::uint32_t>(gic.redistributors.size()));
  fdt.reg(regions);
  if (!gic.its) return;
  const auto its = fdt.node("msi-controller", gic.its->raw());
  fdt.text("compatible", "arm,gic-v3-its");
  fdt.phandle(msi_phandle);
  fdt.flag("msi-controller");
  fdt.u32("#msi-cells", 1);
  fdt.reg({*gic.its, its_bytes});
}

/// arm,gic.yaml; its child is a frame by which MSIs become SPIs.
void add(FdtWriter& fdt, const FdtGicV2& gic) {
  const std::vector regions{gic.distributor, gic.cpu_interface};
  const auto node = fdt.node("interrupt-controller", gic.distributor.start.raw());
  fdt.text("compatible", "arm,cortex-a15-gic");
  add_controller(fdt);
  fdt.reg(regions);
  if (!gic.v2m) return;
  const auto v2m = fdt.node("v2m", gic.v2m->raw());
  fdt.text("compatible", "arm,gic-v2m-frame");
  fdt.phandle(msi_phandle);
  fdt.flag("msi-controller");
  fdt.reg({*gic.v2m, v2m_bytes});
}

}  // namespace

void add_gic(FdtWriter& fdt, const FdtConfig& config) {
  std::visit([&](const auto& gic) { add(fdt, gic); }, config.gic);
}

std::uint32_t ppi_cpu_mask(const FdtConfig& config) {
  // arm,gic.yaml: bits 15:8, one for each of at most 8 CPUs. A GICv3 has no such mask.
  if (!std::holds_alternative<FdtGicV2>(config.gic)) return 0;
  const auto cpus = std::min<std::size_t>(config.cpus.size(), 8);
  return ((1u << cpus) - 1) << 8;
}

}  // namespace takt::fdt
