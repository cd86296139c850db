// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "check/kernel_config.h"
#include "check/record.h"
#include "check/thread_list.h"

namespace takt::check {
namespace {

/// Of the kernel's command line, what rows and kernels decide time by.
constexpr std::array<std::string_view, 26> parameters{
    "isolcpus",      "nohz_full",   "nohz",         "rcu_nocbs",
    "rcu_nocb_poll", "irqaffinity", "nosoftlockup", "nowatchdog",
    "nmi_watchdog",  "skew_tick",   "idle",         "tsc",
    "intremap",      "nox2apic",    "mce",          "split_lock_detect",
    "nosmt",         "mitigations", "intel_iommu",  "amd_iommu",
    "iommu",         "cpuidle.off", "preempt",      "threadirqs",
    "clocksource",   "quiet"};
constexpr std::array<std::string_view, 7> parameter_starts{
    "kvm.", "kvm_intel.", "kvm_amd.", "kvm-arm.", "intel_idle.", "processor.", "irqchip."};

template <class Keep>
std::string kept_lines(std::string_view content, Keep keep) {
  std::string out;
  for (const std::string_view line : lines_of(content))
    if (keep(line)) out.append(line).append("\n");
  return out;
}

std::string command_line(std::string_view content) {
  std::string out;
  for (const std::string_view word : words_of(content)) {
    if (word == "--") break;
    const std::string_view key = word.substr(0, word.find('='));
    if (std::ranges::find(parameters, key) != parameters.end() ||
        std::ranges::any_of(parameter_starts, [&](auto s) { return word.starts_with(s); }))
      out.append(out.empty() ? "" : " ").append(word);
  }
  return out + "\n";
}

std::string cpuinfo(std::string_view content) {
  const std::string_view first = content.substr(0, content.find("\n\n"));
  return kept_lines(first, [](std::string_view line) {
    return line.starts_with("flags") || line.starts_with("vmx flags") ||
           line.starts_with("vendor_id");
  });
}

/// Names that the kernel gives its own threads everywhere. Others may tell of a user: the thread
/// of an NFS mount is named after its server.
constexpr std::array<std::string_view, 12> thread_starts{
    "ksoftirqd/", "ktimers/", "rcu",    "migration/", "cpuhp/",   "idle_inject/",
    "irq/",       "kworker/", "kswapd", "kcompactd",  "backlog_", "kthreadd"};

/// What rows look at keeps its place, all else is 0.
std::string stat(std::string_view content) {
  const auto thread = parse_stat(content);
  if (!thread) return "";
  const bool known =
      thread->kernel
          ? std::ranges::any_of(thread_starts,
                                [&](auto start) { return thread->name.starts_with(start); })
          : thread->name == "irqbalance";
  const std::string name = known            ? without_identities(thread->name)
                           : thread->kernel ? "kernel"
                                            : "user";
  return stat_line(*thread, name);
}

std::string limits(std::string_view content) {
  return kept_lines(content, [](std::string_view line) {
    return line.starts_with("Max realtime priority") || line.starts_with("Max locked memory");
  });
}

/// "/user.slice/user-1000.slice" becomes "/group/group".
std::string anonymous_path(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) out += "/group";
    path.remove_prefix(end);
  }
  return out.empty() ? "/" : out;
}

std::string control_groups(std::string_view content) {
  std::string out;
  for (const std::string_view line : lines_of(content))
    if (const std::size_t path = line.find(":/"); path != line.npos && !line.contains("name="))
      out += fmt::format("{}:{}\n", line.substr(0, path), anonymous_path(line.substr(path + 1)));
  return out;
}

/// The version; what follows it may name who built the kernel.
std::string release(std::string_view content) {
  return std::string{content.substr(0, content.find_first_not_of("0123456789."))};
}

std::string swaps(std::string_view content) {
  std::string out;
  for (const std::string_view line : lines_of(content))
    out += out.empty() ? std::string{line} + "\n" : "swap\n";
  return out;
}

bool is_of_task(std::string_view file, std::string_view name) {
  return file.starts_with("proc/") && file.contains("/task/") && file.ends_with(name);
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Where the hexadecimal digits that begin at `at` end; between two may stand a colon or a dash, as
/// in a MAC address and a UUID.
std::size_t identity_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size()) {
    const bool between = end > at && end + 1 < text.size() && is_hex(text[end + 1]);
    if (!is_hex(text[end]) && !(between && (text[end] == ':' || text[end] == '-'))) break;
    ++end;
  }
  return end;
}

}  // namespace

std::string without_identities(std::string_view text) {
  std::string out{text};
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = identity_end(text, at);
    const bool is_address = at >= 2 && text.substr(at - 2, 2) == "0x";
    if (std::ranges::count_if(text.substr(at, end - at), is_hex) >= 12 && !is_address)
      std::ranges::replace_if(std::span{out}.subspan(at, end - at), is_hex, '0');
    at = std::max(end, at + 1);
  }
  return out;
}

std::string scrubbed_name(std::string_view file) {
  constexpr std::string_view config = "boot/config-";
  if (file.starts_with(config))
    return fmt::format("{}{}", config, release(file.substr(config.size())));
  constexpr std::string_view resctrl = "sys/fs/resctrl/";
  if (file.starts_with(resctrl) && !file.substr(resctrl.size()).contains('/'))
    return fmt::format("{}{}", resctrl, file.ends_with("/info") ? "info" : "group");
  const std::size_t end = file.rfind('/');
  for (const std::string_view root :
       {"sys/fs/cgroup/cpu/", "sys/fs/cgroup/cpuset/", "sys/fs/cgroup/", "sys/fs/resctrl/"}) {
    if (!file.starts_with(root)) continue;
    if (end < root.size()) break;
    const std::string groups = anonymous_path(file.substr(root.size(), end - root.size()));
    return fmt::format("{}{}{}", root, groups.substr(1), file.substr(end));
  }
  return without_identities(file);
}

std::string scrubbed(std::string_view file, std::string_view content) {
  if (file == "proc/cmdline") return command_line(content);
  if (file == "proc/version")
    return content.contains("PREEMPT_RT") ? "Linux PREEMPT_RT\n" : "Linux\n";
  if (file == "proc/sys/kernel/osrelease") return release(content) + "\n";
  if (file == "proc/cpuinfo") return cpuinfo(content);
  if (file == "proc/swaps") return swaps(content);
  if (file == "proc/interrupts") return without_identities(content);
  if (file == "proc/self/cgroup") return control_groups(content);
  if (file == "proc/self/limits") return limits(content);
  if (file == "proc/self/status")
    return kept_lines(content, [](std::string_view line) { return line.starts_with("CapEff:"); });
  if (file.starts_with("boot/config")) return kept_lines(content, is_option_of_interest);
  if (is_of_task(file, "/stat")) return stat(content);
  if (is_of_task(file, "/status"))
    return kept_lines(content,
                      [](std::string_view line) { return line.starts_with("Cpus_allowed_list:"); });
  return std::string{content};
}

}  // namespace takt::check
