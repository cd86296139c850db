// SPDX-License-Identifier: Apache-2.0
// The delivery matrix: which mechanism of this host will carry an event to a guest, and how many
// exits of the vCPUs that costs. The mechanism follows from what the host says, the counts from
// Linux' source and the manuals; where the lab (lab/README.md) has counted them, `measured` says
// so.
#pragma once

#include <string>
#include <vector>

#include "check/host.h"

namespace takt::check {

struct Delivery {
  std::string event;
  std::string mechanism;
  std::string exits;          // a number, a range, or "-" where there is no way at all
  std::string note;           // on what it depends
  std::string measured = {};  // what was counted, and where; "": the count is from documents
};

[[nodiscard]] std::vector<Delivery> delivery_matrix(const Host& host);
[[nodiscard]] std::vector<Delivery> delivery_x86(const Host& host);
[[nodiscard]] std::vector<Delivery> delivery_arm64(const Host& host);

/// The events, in the order of the matrix; both architectures have all of them.
namespace event {
inline constexpr std::string_view timer = "timer tick";
inline constexpr std::string_view ipi = "IPI";
inline constexpr std::string_view assigned_msi = "assigned device, MSI";
inline constexpr std::string_view assigned_level = "assigned device, level";
inline constexpr std::string_view emulated_msi = "emulated device, MSI";
inline constexpr std::string_view emulated_pin = "emulated device, pin";
inline constexpr std::string_view idle = "idle";
}  // namespace event

}  // namespace takt::check
