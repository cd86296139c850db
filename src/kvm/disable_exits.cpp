// SPDX-License-Identifier: Apache-2.0
#include "kvm/disable_exits.h"

namespace takt::kvm {

std::string disable_exits_text(std::uint32_t mask) {
  std::string text;
  for (const DisableExit& exit : disable_exits()) {
    if ((mask & exit.bit) == 0) continue;
    text += text.empty() ? "" : ",";
    text += exit.name;
  }
  return text.empty() ? "none" : text;
}

}  // namespace takt::kvm
