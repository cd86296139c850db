// SPDX-License-Identifier: Apache-2.0
// Whether the IOMMU of an x86 host can post a device's interrupt into a running guest. Compiled and
// tested on every machine.
#pragma once

#include <string>

#include "check/host.h"

namespace takt::check {

struct Posting {
  bool known = false;
  bool on = false;
  bool amd = false;
  std::string why = {};  // the register and the parameter that decided
};

[[nodiscard]] Posting device_posting(const Host& host);

}  // namespace takt::check
