// SPDX-License-Identifier: Apache-2.0
// All that takt check has to say about a host, and its two forms.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "check/delivery.h"
#include "check/row.h"
#include "check/target.h"

namespace takt::check {

struct Report {
  std::string machine;
  std::string kernel;  // its release
  std::string cpus;
  std::string origin;  // why these CPUs
  std::vector<Row> rows;
  std::vector<Delivery> delivery;

  [[nodiscard]] std::size_t count(Verdict verdict) const;
  /// Exit status: 1 when something fails.
  [[nodiscard]] int status() const { return count(Verdict::fail) == 0 ? 0 : 1; }
};

[[nodiscard]] Report make_report(const Host& host, const Target& target);

/// A table of at most 120 columns; with colour for a terminal only.
[[nodiscard]] std::string to_text(const Report& report, bool colour);
/// One object; ends with a line feed.
[[nodiscard]] std::string to_json(const Report& report);

}  // namespace takt::check
