// SPDX-License-Identifier: Apache-2.0
#include "check/kernel_list.h"

#include <algorithm>

#include "host/host_files.h"

namespace takt::check {
namespace {

std::optional<int> cpu_number(std::string_view text, int cpus) {
  if (text == "N" || text == "n") return cpus - 1;
  const auto number = parse_number(text);
  if (!number || *number < 0 || *number > 1'000'000) return std::nullopt;
  return static_cast<int>(*number);
}

struct Stride {
  int used = 1, group = 1;
};

std::optional<Stride> parse_stride(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto used = parse_number(text.substr(0, slash));
  const auto group = parse_number(text.substr(slash + 1));
  if (!used || !group || *used < 1 || *group < *used || *group > 1'000'000) return std::nullopt;
  return Stride{static_cast<int>(*used), static_cast<int>(*group)};
}

bool add_range(CpuList& list, std::string_view text, int cpus) {
  const std::size_t colon = text.find(':');
  Stride stride;
  if (colon != std::string_view::npos) {
    const auto parsed = parse_stride(text.substr(colon + 1));
    if (!parsed) return false;
    stride = *parsed;
    text = text.substr(0, colon);
  }
  const std::size_t dash = text.find('-');
  const bool all = text == "all";
  const auto first = all ? 0 : cpu_number(text.substr(0, dash), cpus);
  const auto last = all                              ? cpus - 1
                    : dash == std::string_view::npos ? first
                                                     : cpu_number(text.substr(dash + 1), cpus);
  if (!first || !last || *first > *last) return false;
  for (int cpu = *first; cpu <= std::min(*last, CPU_SETSIZE - 1); ++cpu)
    if ((cpu - *first) % stride.group < stride.used) list.add(cpu);
  return true;
}

}  // namespace

std::optional<CpuList> kernel_list(std::string_view text, int cpus) {
  CpuList list;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    if (!add_range(list, rest.substr(0, comma), cpus)) return std::nullopt;
    if (comma == std::string_view::npos) return list;
    rest.remove_prefix(comma + 1);
  }
}

FlaggedList split_flags(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view word = text.substr(at, text.find(',', at) - at);
    if (word != "domain" && word != "nohz" && word != "managed_irq") break;
    at = std::min(text.size(), at + word.size() + 1);
  }
  return {.flags = text.substr(0, at), .list = text.substr(at)};
}

}  // namespace takt::check
