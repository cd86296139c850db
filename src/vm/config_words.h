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
