// SPDX-License-Identifier: Apache-2.0
#include "host/helper_threads.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace takt {
namespace {

constexpr std::string_view pit = "kvm-pit/";
constexpr std::string_view nx_recovery = "kvm-nx-lpage-recovery-";
constexpr std::string_view nx_recovery_cut = "kvm-nx-lpage-re";
constexpr std::string_view vhost = "vhost-";

/// A kernel thread is a child of kthreadd, process 2. Any process can take the name of one.
bool is_kernel_thread(const HostFiles& host, std::string_view pid) {
  const auto stat = host.line(fmt::format("proc/{}/stat", pid));
  if (!stat) return false;
  const auto words = words_of(std::string_view{*stat}.substr(stat->rfind(')') + 1));
  return words.size() > 1 && words[1] == "2";  // fields 3, state, and 4, ppid (proc(5))
}

void add(std::vector<HelperThread>& found, std::string_view tid, std::string name) {
  found.push_back({static_cast<pid_t>(parse_number(tid).value_or(0)), std::move(name)});
}

void add_own_threads(std::vector<HelperThread>& found, pid_t pid, const HostFiles& host) {
  const std::string tasks = fmt::format("proc/{}/task", pid);
  for (const auto& tid : host.list(tasks).value_or(std::vector<std::string>{})) {
    auto name = host.line(fmt::format("{}/{}/comm", tasks, tid));
    if (name && (name->starts_with(vhost) || name->starts_with(nx_recovery_cut)))
      add(found, tid, std::move(*name));
  }
}

void add_kernel_threads(std::vector<HelperThread>& found, pid_t pid, const HostFiles& host) {
  for (const auto& entry : host.list("proc").value_or(std::vector<std::string>{})) {
    if (!parse_number(entry)) continue;
    auto name = host.line(fmt::format("proc/{}/comm", entry));
    if (name && is_helper_of(pid, *name) && is_kernel_thread(host, entry))
      add(found, entry, std::move(*name));
  }
}

}  // namespace

bool is_helper_of(pid_t pid, std::string_view name) {
  for (const std::string_view start : {pit, nx_recovery, vhost})
    if (name.starts_with(start)) return parse_number(name.substr(start.size())) == pid;
  return false;
}

std::vector<HelperThread> find_helper_threads(pid_t pid, const HostFiles& host) {
  std::vector<HelperThread> found;
  add_own_threads(found, pid, host);
  add_kernel_threads(found, pid, host);
  std::ranges::sort(found, {}, [](const HelperThread& t) { return std::tie(t.name, t.tid); });
  return found;
}

}  // namespace takt
