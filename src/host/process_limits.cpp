// SPDX-License-Identifier: Apache-2.0
#include "host/process_limits.h"

#include <fmt/format.h>

namespace takt::process_limits {

std::optional<std::int64_t> limit(std::string_view limits, std::string_view name) {
  for (const std::string_view line : lines_of(limits)) {
    if (!line.starts_with(name)) continue;
    const auto words = words_of(line.substr(name.size()));
    if (words.empty()) return std::nullopt;
    if (words.front() == "unlimited") return -1;
    return parse_number(words.front());
  }
  return std::nullopt;
}

std::optional<bool> has_capability(const HostFiles& host, int number) {
  const auto status = host.read("proc/self/status");
  if (!status) return std::nullopt;
  for (const std::string_view line : lines_of(*status)) {
    const auto words = words_of(line);
    if (words.size() != 2 || words[0] != "CapEff:" || words[1].size() > 16) continue;
    const auto digit_at = static_cast<std::size_t>(number / 4);
    if (words[1].size() <= digit_at) return false;
    const char c = words[1][words[1].size() - 1 - digit_at];
    const int digit = c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - '0';
    return (digit >> (number % 4) & 1) != 0;
  }
  return std::nullopt;
}

std::optional<std::string> own_group(const HostFiles& host, std::string_view controller) {
  const auto text = host.read("proc/self/cgroup");
  if (!text) return std::nullopt;
  for (const std::string_view line : lines_of(*text)) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? first : line.find(':', first + 1);
    if (second == line.npos || line.contains("..")) continue;
    const std::string controllers = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    if (controllers.contains(fmt::format(",{},", controller)))
      return std::string{trimmed(line.substr(second + 1))};
  }
  return std::nullopt;
}

namespace {

/// From group `path` upwards, the first that says which CPUs it has.
std::optional<CpuList> nearest(const HostFiles& host, std::string_view mount, std::string path,
                               std::string_view file) {
  for (std::string group = path == "/" ? "" : std::move(path);;) {
    const auto cpus = host.cpus(fmt::format("{}{}/{}", mount, group, file));
    if (cpus && cpus->count() > 0) return *cpus;
    if (group.empty()) return std::nullopt;
    group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
}

}  // namespace

std::optional<CpuList> cpuset(const HostFiles& host) {
  if (const auto v2 = own_group(host, ""))
    if (const auto cpus = nearest(host, "sys/fs/cgroup", *v2, "cpuset.cpus.effective")) return cpus;
  const auto v1 = own_group(host, "cpuset");
  if (!v1) return std::nullopt;
  return nearest(host, "sys/fs/cgroup/cpuset", *v1, "cpuset.effective_cpus");
}

}  // namespace takt::process_limits
