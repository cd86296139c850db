// SPDX-License-Identifier: Apache-2.0
// Which interrupt controller an arm64 host has, and what KVM makes of it. Compiled and tested on
// every machine.
#pragma once

#include <optional>
#include <string>

#include "check/host.h"

namespace takt::check {

struct Gic {
  int version = 0;               // 2, 3 or 5; 0: unknown
  bool its = false;              // the host's own
  bool v4 = false, v41 = false;  // the host's ITS has them
  bool v4_enabled = false;       // and KVM uses them
  std::string text = {};         // for people
};

[[nodiscard]] Gic gic_of(const Host& host);

}  // namespace takt::check
