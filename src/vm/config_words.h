// SPDX-License-Identifier: Apache-2.0
// How the values of options are taken apart: for config_values.cpp and pci_config.cpp.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace takt {

inline std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A whole number with one of `suffixes`, which are powers of 1024 in this order; at most `most`.
inline std::optional<std::uint64_t> scaled_number(std::string_view text, std::string_view suffixes,
                                                  std::uint64_t most) {
  unsigned shift = 0;
  if (!text.empty())
    if (const auto at = suffixes.find(text.back()); at != std::string_view::npos) {
      shift = 10 * (static_cast<unsigned>(at) + 1);
      text.remove_suffix(1);
    }
  const auto value = whole_number(text);
  if (!value || *value > most >> shift) return std::nullopt;
  return *value << shift;
}

template <class T>
struct Word {
  std::string_view text;
  T value;
};

template <class T>
Result<T> parse_word(std::string_view text, std::span<const Word<T>> words) {
  const auto it = std::ranges::find(words, text, &Word<T>::text);
  if (it != words.end()) return it->value;
  std::string allowed;
  for (const auto& word : words)
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ", word.text);
  return usage_error("allowed are " + allowed);
}

/// Calls each(part) for the parts of `text` between separators, until one fails.
template <class F>
Result<> for_each_part(std::string_view text, char separator, F each) {
  while (true) {
    const std::size_t cut = text.find(separator);
    TRY_VOID(each(text.substr(0, cut)));
    if (cut == std::string_view::npos) return {};
    text.remove_prefix(cut + 1);
  }
}

/// Calls set(key, value) for each KEY=VALUE, until one fails; a part without '=' continues the
/// value before it, so that cpu=0,2-3, or a comma in a path, needs no quoting. A value that has a
/// '=' is all that was left. `hint` ends the error for what is no KEY=VALUE.
template <class Set>
Result<> for_each_key(std::string_view text, std::string_view hint, const Set& set) {
  while (!text.empty()) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos)
      return usage_error(fmt::format("'{}' is not KEY=VALUE{}", text, hint));
    const std::size_t next = text.find('=', equals + 1);
    const std::size_t comma =
        next == std::string_view::npos ? std::string_view::npos : text.rfind(',', next);
    const std::size_t end = comma == std::string_view::npos || comma < equals ? text.size() : comma;
    TRY_VOID(set(text.substr(0, equals), text.substr(equals + 1, end - equals - 1)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

struct NameAndRest {
  std::string_view name, rest;
};

inline Result<NameAndRest> split_name(std::string_view text, std::string_view form) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size())
    return usage_error(fmt::format("the form is {}", form));
  return NameAndRest{text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace takt
