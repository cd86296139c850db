// SPDX-License-Identifier: Apache-2.0
// Where bundles go: a directory, with a limit on how many and how often, so that a machine that is
// always late fills neither its disk nor its log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace takt {

/// $XDG_STATE_HOME/takt; without it /var/lib/takt for root, ~/.local/state/takt for others (XDG
/// Base Directory Specification). The error says what to configure.
[[nodiscard]] Result<std::string> default_bundle_directory();

class BundleStore {
 public:
  static constexpr unsigned most = 16;  // in a run
  static constexpr std::uint64_t least_gap_ns = 1'000'000'000;

  /// Creates the directory where it is missing. The error names it when nothing can be put there.
  static Result<BundleStore> open(std::string directory, std::string_view vm);

  /// Whether another one may be written at an instant.
  [[nodiscard]] bool has_room(std::uint64_t now_ns) const;
  /// Returns the new file's path. It is whole when it has its name.
  Result<std::string> write(std::uint64_t now_ns, std::string_view json);

 private:
  BundleStore(std::string directory, std::string prefix)
      : directory_{std::move(directory)}, prefix_{std::move(prefix)} {}

  std::string directory_;
  std::string prefix_;
  unsigned written_ = 0;
  std::uint64_t last_ns_ = 0;
};

}  // namespace takt
