// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace probe {

/// Formats text piece by piece into a console. Allocates nothing and buffers nothing: each piece
/// goes to `put` at once, so a line may be of any length. Not for use inside a measurement.
class Output {
 public:
  using Put = void (*)(std::string_view text);

  /// `put` is called once for each piece, on the calling CPU.
  constexpr explicit Output(Put put) : put_{put} {}

  Output& text(std::string_view s);
  Output& dec(std::uint64_t value);
  /// 0x followed by at least one lower-case digit, no leading zeros.
  Output& hex(std::uint64_t value);
  /// Text from outside between single quotes: at most `quoted_max` characters of it, then `...`;
  /// what is not printable ASCII shows as '?'. One call never makes more than one line.
  Output& quoted(std::string_view s);
  /// ` name=value`, with the space in front.
  Output& field(std::string_view name, std::uint64_t value);
  Output& field(std::string_view name, std::string_view value);
  Output& end_line() { return text("\n"); }

  static constexpr std::size_t quoted_max = 60;

 private:
  Put put_;
};

/// For a console that takes characters: each line end becomes "\r\n".
template <class Put>
void put_text(std::string_view text, Put put) {
  for (const char c : text) {
    if (c == '\n') put('\r');
    put(c);
  }
}

}  // namespace probe
