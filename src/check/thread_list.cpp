// SPDX-License-Identifier: Apache-2.0
#include "check/thread_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace takt::check {
namespace {

constexpr std::size_t most_threads = 4096;

bool is_number(const std::string& name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

CpuList allowed_cpus(std::string_view status) {
  constexpr std::string_view key = "Cpus_allowed_list:";
  for (const std::string_view line : lines_of(status))
    if (line.starts_with(key))
      if (const auto list = CpuList::parse(trimmed(line.substr(key.size())))) return *list;
  return {};
}

void add_threads(const HostFiles& files, const std::string& pid, std::vector<HostThread>& threads) {
  const std::string tasks = fmt::format("proc/{}/task", pid);
  const auto tids = files.list(tasks);
  if (!tids) return;
  for (const auto& tid : *tids) {
    if (threads.size() >= most_threads || !is_number(tid)) return;
    const auto stat = files.read(fmt::format("{}/{}/stat", tasks, tid), 4_KiB);
    auto thread = stat ? parse_stat(*stat) : std::nullopt;
    if (!thread) continue;
    thread->pid = static_cast<int>(parse_number(pid).value_or(0));
    if (const auto status = files.read(fmt::format("{}/{}/status", tasks, tid), 16_KiB))
      thread->allowed = allowed_cpus(*status);
    threads.push_back(std::move(*thread));
  }
}

constexpr std::int64_t pf_kthread = 0x0020'0000;  // Linux, include/linux/sched.h

}  // namespace

std::optional<HostThread> parse_stat(std::string_view line) {
  // The name stands in brackets and may have blanks and brackets in it: the last one counts.
  const std::size_t open = line.find('(');
  const std::size_t close = line.rfind(')');
  if (open == line.npos || close == line.npos || close < open) return std::nullopt;
  const auto fields = words_of(line.substr(close + 1));  // from field 3 on (proc(5))
  const auto tid = parse_number(trimmed(line.substr(0, open)));
  if (!tid || fields.size() < 39) return std::nullopt;
  const auto field = [&](std::size_t n) { return parse_number(fields[n - 3]).value_or(-1); };
  HostThread thread;
  thread.tid = static_cast<int>(*tid);
  thread.name = line.substr(open + 1, close - open - 1);
  thread.state = fields[0].front();
  thread.kernel = (field(9) & pf_kthread) != 0;
  thread.cpu = static_cast<int>(field(39));
  thread.priority = static_cast<int>(field(40));
  thread.policy = static_cast<int>(field(41));
  return thread;
}

std::string stat_line(const HostThread& thread, std::string_view name) {
  constexpr int fields_10_to_38 = 29;
  std::string line = fmt::format("{} ({}) {} 0 0 0 0 0 {}", thread.tid, name, thread.state,
                                 thread.kernel ? pf_kthread : 0);
  for (int i = 0; i < fields_10_to_38; ++i) line += " 0";
  return line + fmt::format(" {} {} {}\n", thread.cpu, thread.priority, thread.policy);
}

Result<std::vector<HostThread>> host_threads(const HostFiles& files) {
  TRY(const auto names, files.list("proc"));
  std::vector<HostThread> threads;
  for (const auto& name : names)
    if (is_number(name) && threads.size() < most_threads) add_threads(files, name, threads);
  if (threads.empty()) return env_error("/proc tells no thread");
  return threads;
}

}  // namespace takt::check
