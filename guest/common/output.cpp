// SPDX-License-Identifier: Apache-2.0
#include "common/output.h"

#include <array>
#include <cstddef>

namespace probe {
namespace {

/// `value` in `base`, written right-aligned into `buffer`, which has room for any 64-bit number.
std::string_view digits(std::uint64_t value, unsigned base, std::array<char, 20>& buffer) {
  std::size_t at = buffer.size();
  do {
    buffer[--at] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  return {buffer.data() + at, buffer.size() - at};
}

}  // namespace

Output& Output::text(std::string_view s) {
  put_(s);
  return *this;
}

Output& Output::dec(std::uint64_t value) {
  std::array<char, 20> buffer;
  return text(digits(value, 10, buffer));
}

Output& Output::hex(std::uint64_t value) {
  std::array<char, 20> buffer;
  return text("0x").text(digits(value, 16, buffer));
}

Output& Output::quoted(std::string_view s) {
  text("'");
  for (std::size_t i = 0; i < s.size() && i < quoted_max; ++i) {
    const char c = s[i] >= ' ' && s[i] <= '~' ? s[i] : '?';
    text({&c, 1});
  }
  return text(s.size() > quoted_max ? "...'" : "'");
}

Output& Output::field(std::string_view name, std::uint64_t value) {
  return text(" ").text(name).text("=").dec(value);
}

Output& Output::field(std::string_view name, std::string_view value) {
  return text(" ").text(name).text("=").text(value);
}

}  // namespace probe
