// SPDX-License-Identifier: Apache-2.0
#include "pci/upkeep.h"

namespace takt::pci {

void Upkeep::remap() {
  std::vector<MappedBar> bars;
  for (const Function* function : functions_)
    if (function != nullptr)
      for (const MappedBar& bar : function->mapped_bars()) bars.push_back(bar);
  if (mapper_ != nullptr) mapper_->map(bars);
}

void Upkeep::ask_remap(VcpuId from) RT {
  guarded_->write({.offset = remap_offset, .width = Width::b4, .from = from}, 0);
}

void Upkeep::ask_route(unsigned slot, std::uint16_t vector, VcpuId from) RT {
  guarded_->write({.offset = route_offset, .width = Width::b4, .from = from},
                  std::uint64_t{slot} << 16 | vector);
}

void Upkeep::write(Access access, std::uint64_t value) RT {
  const rt::Allowed this_server_is_for_what_blocks;
  if (access.offset == remap_offset) return remap();
  if (Function* function = functions_[(value >> 16) % slots])
    function->route(static_cast<std::uint16_t>(value));
}

}  // namespace takt::pci
