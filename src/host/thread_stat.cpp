// SPDX-License-Identifier: Apache-2.0
#include "host/thread_stat.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <vector>

#include "host/host_files.h"

namespace takt {
namespace {

std::optional<std::uint64_t> natural(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The file from its begin. Both files are a line of numbers.
std::string contents(const Fd& fd) {
  std::array<char, 1024> text;
  const ssize_t got = ::pread(fd.raw(), text.data(), text.size(), 0);
  return got > 0 ? std::string{text.data(), static_cast<std::size_t>(got)} : std::string{};
}

}  // namespace

std::optional<RunDelay> parse_schedstat(std::string_view text) {
  const auto words = words_of(text);
  if (words.size() < 3) return std::nullopt;
  const auto ns = natural(words[1]);
  const auto waits = natural(words[2]);
  if (!ns || !waits) return std::nullopt;
  return RunDelay{*ns, *waits};
}

std::optional<PageFaults> parse_stat_faults(std::string_view text) {
  const std::size_t name_end = text.rfind(')');  // after it: the state, field 3
  if (name_end == text.npos) return std::nullopt;
  const auto words = words_of(text.substr(name_end + 1));
  if (words.size() < 10) return std::nullopt;
  const auto minor = natural(words[7]);
  const auto major = natural(words[9]);
  if (!minor || !major) return std::nullopt;
  return PageFaults{*minor, *major};
}

Result<ThreadStat> ThreadStat::open(pid_t tid, const std::string& directory) {
  TRY(Fd schedstat, open_file(fmt::format("{}/{}/schedstat", directory, tid), O_RDONLY));
  TRY(Fd stat, open_file(fmt::format("{}/{}/stat", directory, tid), O_RDONLY));
  return ThreadStat{std::move(schedstat), std::move(stat)};
}

std::optional<RunDelay> ThreadStat::run_delay() const {
  return parse_schedstat(contents(schedstat_));
}

std::optional<PageFaults> ThreadStat::page_faults() const {
  return parse_stat_faults(contents(stat_));
}

}  // namespace takt
