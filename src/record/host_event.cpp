// SPDX-License-Identifier: Apache-2.0
#include "record/host_event.h"

namespace takt {
namespace {

/// Where " word=" begins next, the end without one.
std::size_t next_key(std::string_view text) {
  for (std::size_t space = text.find(' '); space != text.npos; space = text.find(' ', space + 1)) {
    const std::size_t end = text.find_first_of(" =", space + 1);
    if (end != text.npos && text[end] == '=') return space;
  }
  return text.size();
}

}  // namespace

std::string_view HostEvent::field(std::string_view key) const {
  const std::string_view all = details;
  for (std::size_t at = all.find(key); at != all.npos; at = all.find(key, at + 1)) {
    const bool starts = at == 0 || all[at - 1] == ' ';
    const std::size_t equals = at + key.size();
    if (!starts || equals >= all.size() || all[equals] != '=') continue;
    const std::string_view rest = all.substr(equals + 1);
    return rest.substr(0, next_key(rest));
  }
  return "";
}

}  // namespace takt
