// SPDX-License-Identifier: Apache-2.0
#include "boot/user_string.h"

#include <fmt/format.h>

namespace takt {

Result<> check_string(std::string_view text, std::uint64_t max, std::string_view what) {
  if (text.size() > max)
    return usage_error(
        fmt::format("the {} has {} bytes; this kernel takes at most {}", what, text.size(), max));
  if (text.find('\0') != text.npos)
    return usage_error(fmt::format("the {} has a zero byte in it; remove it", what));
  return {};
}

}  // namespace takt
