// SPDX-License-Identifier: Apache-2.0
#include "check/host.h"
#include "host/linux_host.h"

#include <fmt/format.h>
#include <sys/klog.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace takt::check {
namespace {

constexpr std::size_t log_bytes = 1_MiB;

/// The kernel's messages since it started, as far as its ring still has them (syslog(2)).
Result<std::string> read_kernel_log() {
  constexpr int read_all = 3;  // SYSLOG_ACTION_READ_ALL: consumes nothing
  std::string text(log_bytes, '\0');
  const int n = ::klogctl(read_all, text.data(), static_cast<int>(text.size()));
  if (n < 0) return sys_error("the kernel's log");
  text.resize(static_cast<std::size_t>(n));
  return log_of_interest(text);
}

Result<std::string> recorded_log(const HostFiles& files) {
  if (!files.exists(recording::kernel_log)) return env_error("the kernel's log: not recorded");
  TRY(const std::string text, files.read(recording::kernel_log));
  return log_of_interest(text);
}

std::vector<std::pair<std::string, std::string>> known_errors(const HostFiles& files) {
  std::vector<std::pair<std::string, std::string>> errors;
  const auto text = files.read(recording::unreadable, 1_MiB);
  if (!text) return errors;
  for (const std::string_view line : lines_of(*text))
    if (const std::size_t tab = line.find('\t'); tab != std::string_view::npos)
      errors.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  std::ranges::sort(errors);
  return errors;
}

/// A line of the log without its level, time and thread: "<6>[    1.250000][    T1] ITS: ...".
std::string_view message(std::string_view line) {
  if (line.starts_with('<')) line.remove_prefix(std::min(line.find('>') + 1, line.size()));
  while (line.starts_with('[') && line.contains(']')) line.remove_prefix(line.find(']') + 1);
  return trimmed(line);
}

std::optional<std::uint32_t> parse_hex(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

int Host::kernel_version() const { return linux_host::kernel_version(files); }

Host this_host() {
  utsname names{};
  ::uname(&names);
  return {.files = {},
          .machine = names.machine,
          .kernel_log = read_kernel_log(),
          .kvm = kvm::read_host_facts(),
          .cpuid = host_cpuid()};
}

Result<Host> recorded_host(const std::filesystem::path& root) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(root, ignored))
    return usage_error(fmt::format("root: {} is not a directory", root.string()));
  Host host{.files = root};
  host.machine = host.files.line(recording::machine).value_or("");
  if (host.machine != "x86_64" && host.machine != "aarch64")
    return usage_error(
        fmt::format("root: {}/{} does not say x86_64 or aarch64 (make a recording with takt check "
                    "--record DIR)",
                    root.string(), recording::machine));
  host.files.set_known_errors(known_errors(host.files));
  host.kernel_log = recorded_log(host.files);
  if (const auto text = host.files.read(recording::kvm)) {
    host.kvm = kvm::host_facts_from(*text);
  } else {
    host.kvm.problem = "not recorded";
  }
  if (const auto text = host.files.read(recording::cpuid)) host.cpuid = cpuid_from(*text);
  return host;
}

std::string cpuid_text(const std::vector<CpuidLeaf>& leaves) {
  std::string text;
  for (const CpuidLeaf& leaf : leaves)
    text += fmt::format("{:08x} {:x} {:08x} {:08x} {:08x} {:08x}\n", leaf.function, leaf.index,
                        leaf.eax, leaf.ebx, leaf.ecx, leaf.edx);
  return text;
}

std::vector<CpuidLeaf> cpuid_from(std::string_view text) {
  std::vector<CpuidLeaf> leaves;
  for (const std::string_view line : lines_of(text)) {
    std::array<std::uint32_t, 6> n{};
    const auto words = words_of(line);
    if (words.size() != n.size()) continue;
    bool good = true;
    for (std::size_t i = 0; i < n.size(); ++i) {
      const auto value = parse_hex(words[i]);
      good = good && value;
      n[i] = value.value_or(0);
    }
    if (good) leaves.push_back({n[0], n[1], n[2], n[3], n[4], n[5]});
  }
  return leaves;
}

std::string log_of_interest(std::string_view log) {
  // The starts of messages, not words: a command line or a device's name may hold any word.
  static constexpr std::array starts{"kvm [1]:", "GIC", "ITS", "arch_timer:", "sdei:", "psci:"};
  std::string text;
  for (const std::string_view line : lines_of(log)) {
    if (text.size() >= HostFiles::most_bytes) break;
    const std::string_view said = message(line);
    if (std::ranges::any_of(starts, [&](const char* start) { return said.starts_with(start); }))
      text.append(said).append("\n");
  }
  return text;
}

}  // namespace takt::check
