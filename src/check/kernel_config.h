// SPDX-License-Identifier: Apache-2.0
// The configuration of the host's kernel: /boot/config-RELEASE or /proc/config.gz.
#pragma once

#include <string>
#include <string_view>

#include "host/host_files.h"

namespace takt::check {

class KernelConfig {
 public:
  /// The error names what was looked for.
  static Result<KernelConfig> read(const HostFiles& files);

  /// "y", "m", a number; "" when it is not set. `name` without CONFIG_.
  [[nodiscard]] std::string_view value(std::string_view name) const;
  [[nodiscard]] bool on(std::string_view name) const { return value(name) == "y"; }
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  explicit KernelConfig(std::string text) : text_{std::move(text)} {}
  std::string text_;
};

/// The options that rows look at, for a recorder.
[[nodiscard]] bool is_option_of_interest(std::string_view config_line);

}  // namespace takt::check
