// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_list.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <optional>

namespace takt {
namespace {

std::optional<int> parse_cpu(std::string_view text) {
  int cpu = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (cpu < 0 || cpu >= CPU_SETSIZE) return std::nullopt;
  return cpu;
}

struct Range {
  int first, last;
};

std::optional<Range> parse_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = parse_cpu(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_cpu(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return Range{*first, *last};
}

}  // namespace

Result<CpuList> CpuList::parse(std::string_view text) {
  CpuList list;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const auto range = parse_range(rest.substr(0, comma));
    if (!range)
      return usage_error(fmt::format("'{}' is not a list of CPUs such as 2 or 0,2-3", text));
    for (int cpu = range->first; cpu <= range->last; ++cpu) list.add(cpu);
    if (comma == std::string_view::npos) return list;
    rest.remove_prefix(comma + 1);
  }
}

CpuList CpuList::online() {
  std::ifstream file{"/sys/devices/system/cpu/online"};
  std::string line;
  if (std::getline(file, line))
    if (auto list = parse(line)) return *list;
  CpuList all;  // no sysfs: the numbers are then dense
  const long n = ::sysconf(_SC_NPROCESSORS_ONLN);
  for (int cpu = 0; cpu < n && cpu < CPU_SETSIZE; ++cpu) all.add(cpu);
  return all;
}

int CpuList::first_not_in(const CpuList& other) const {
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (contains(cpu) && !other.contains(cpu)) return cpu;
  return -1;
}

std::string CpuList::text() const {
  std::string out;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!contains(cpu)) continue;
    int last = cpu;
    while (last + 1 < CPU_SETSIZE && contains(last + 1)) ++last;
    out += out.empty() ? "" : ",";
    out += last == cpu ? fmt::format("{}", cpu) : fmt::format("{}-{}", cpu, last);
    cpu = last;
  }
  return out;
}

}  // namespace takt
