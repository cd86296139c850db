// SPDX-License-Identifier: Apache-2.0
#include "host/host_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

#include "base/fd.h"

namespace takt {
namespace {

constexpr std::string_view blanks{" \t\r\n\0", 5};

/// Appends to `out` until it has `most` bytes or the file ends. pread where an offset matters: a
/// device such as an MSR has no position.
bool read_until(int fd, std::uint64_t offset, std::size_t most, std::string& out) {
  constexpr std::size_t step = 16_KiB;
  while (out.size() < most) {
    const std::size_t done = out.size();
    out.resize(std::min(most, done + step));
    char* to = out.data() + done;
    const std::size_t room = out.size() - done;
    const ssize_t n = offset != 0 ? ::pread(fd, to, room, static_cast<off_t>(offset + done))
                                  : ::read(fd, to, room);
    out.resize(done + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) return true;
  }
  return true;
}

template <class Separator>
std::vector<std::string_view> split(std::string_view text, Separator is_separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && !is_separator(text[end])) ++end;
    if (end > at) parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::optional<unsigned> hex_digit(char c) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(&c, &c + 1, value, 16);
  if (error != std::errc{} || end != &c + 1) return std::nullopt;
  return value;
}

}  // namespace

std::unexpected<Error> HostFiles::error(std::string_view file, int number) const {
  if (number == ENOENT || number == ENOTDIR) {
    const auto it = std::ranges::lower_bound(
        known_errors_, file, {}, [](const auto& e) -> std::string_view { return e.first; });
    if (it != known_errors_.end() && it->first == file) return env_error(it->second);
  }
  return env_error(fmt::format("/{}: {}", file, std::strerror(number)));
}

Result<std::string> HostFiles::read_some(std::string_view file, std::uint64_t offset,
                                         std::size_t most) const {
  const Fd fd{::open(at(file).c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  if (!fd) return error(file, errno);
  std::string text;
  if (!read_until(fd.raw(), offset, most, text)) return error(file, errno);
  return text;
}

Result<std::string> HostFiles::read(std::string_view file, std::size_t most) const {
  auto text = read_some(file, 0, most);
  if (observer_ != nullptr) observer_->on_read(file, 0, text);
  return text;
}

Result<std::string> HostFiles::read_at(std::string_view file, std::uint64_t offset,
                                       std::size_t bytes) const {
  auto text = read_some(file, offset, bytes);
  if (text && text->size() < bytes) text = env_error(fmt::format("/{}: too short", file));
  if (observer_ != nullptr) observer_->on_read(file, offset, text);
  return text;
}

Result<std::string> HostFiles::line(std::string_view file) const {
  TRY(const std::string text, read(file));
  return std::string{trimmed(std::string_view{text}.substr(0, text.find('\n')))};
}

Result<std::int64_t> HostFiles::number(std::string_view file) const {
  TRY(const std::string text, line(file));
  const auto words = words_of(text);
  const auto value = words.empty() ? std::nullopt : parse_number(words.front());
  if (!value) return env_error(fmt::format("/{}: '{}' is no number", file, text.substr(0, 40)));
  return *value;
}

Result<CpuList> HostFiles::cpus(std::string_view file) const {
  TRY(const std::string text, line(file));
  if (text.empty() || text == "(null)") return CpuList{};
  auto list = CpuList::parse(text);
  if (!list)
    return env_error(fmt::format("/{}: '{}' is no list of CPUs", file, text.substr(0, 40)));
  return list;
}

Result<CpuList> HostFiles::cpu_mask(std::string_view file) const {
  TRY(const std::string text, line(file));
  CpuList list;
  int cpu = 0;
  for (std::size_t at = text.size(); at-- > 0;) {
    if (text[at] == ',') continue;
    const auto digit = hex_digit(text[at]);
    if (!digit) return env_error(fmt::format("/{}: '{}' is no CPU mask", file, text.substr(0, 40)));
    for (unsigned bit = 0; bit < 4; ++bit, ++cpu)
      if ((*digit >> bit & 1) != 0 && cpu < CPU_SETSIZE) list.add(cpu);
  }
  return list;
}

Result<std::vector<std::string>> HostFiles::list(std::string_view directory,
                                                 std::string_view start) const {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir{::opendir(at(directory).c_str()), ::closedir};
  if (!dir) return error(directory, errno);
  std::vector<std::string> names;
  while (names.size() < most_names) {
    const dirent* entry = ::readdir(dir.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (!name.starts_with('.') && name.starts_with(start)) names.emplace_back(name);
  }
  std::ranges::sort(names);
  if (observer_ != nullptr) {
    observer_->on_name(directory);
    for (const auto& name : names) observer_->on_name(fmt::format("{}/{}", directory, name));
  }
  return names;
}

bool HostFiles::exists(std::string_view file) const {
  std::error_code ignored;
  const bool found = std::filesystem::exists(at(file), ignored);
  if (found && observer_ != nullptr) observer_->on_name(file);
  return found;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> words_of(std::string_view text) {
  return split(text, [](char c) { return blanks.contains(c); });
}

std::vector<std::string_view> lines_of(std::string_view text) {
  return split(text, [](char c) { return c == '\n'; });
}

}  // namespace takt
