// SPDX-License-Identifier: Apache-2.0
// What CPUs share with others: cores, caches.
#include <fmt/format.h>

#include "check/topic.h"
#include "host/linux_host.h"
#include "host/x86_host.h"

namespace takt::check {
namespace {

constexpr Item siblings{"smt-siblings",
                        "the other thread of a core takes its execution units when it likes",
                        "boot with nosmt, or echo 0 > /sys/devices/system/cpu/cpuSIBLING/online"};
constexpr Item cache{"llc-sharing",
                     "others that share the last-level cache evict the guest's lines",
                     "a resctrl partition, or CPUs with a cache of their own"};
constexpr Item partition{"resctrl",
                         "a partition of cache and memory bandwidth bounds what others take",
                         "mount -t resctrl resctrl /sys/fs/resctrl; mkdir /sys/fs/resctrl/rt; echo "
                         "@cpus > /sys/fs/resctrl/rt/cpus_list"};

CpuList without(const CpuList& all, const CpuList& taken) {
  CpuList rest;
  for (const int cpu : numbers(all))
    if (!taken.contains(cpu)) rest.add(cpu);
  return rest;
}

void add_siblings(Topic& topic) {
  const CpuList online = online_cpus(topic.files);
  std::vector<std::string> shared;
  for (const int cpu : numbers(topic.target.cpus)) {
    const auto list = topic.files.cpus(
        fmt::format("sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
    if (!list) return topic.na(siblings, list.error().text);
    CpuList self;
    self.add(cpu);
    const CpuList others = without(common(*list, online), self);
    if (others.count() > 0) shared.push_back(fmt::format("{} with {}", cpu, others.text()));
  }
  topic.judge(siblings, shared.empty(), Verdict::warn,
              shared.empty() ? "none online" : "CPU " + some_of(shared));
}

/// index3 where there is one, else the last; "" if the CPU tells of no cache.
std::string last_cache(const HostFiles& files, int cpu) {
  const std::string directory = fmt::format("sys/devices/system/cpu/cpu{}/cache", cpu);
  const auto names = files.list(directory, "index");
  return !names || names->empty() ? "" : directory + "/" + names->back();
}

bool has_partition(const HostFiles& files) {
  const auto groups = files.list("sys/fs/resctrl");
  if (!groups) return false;
  for (const auto& group : *groups)
    if (const auto cpus = files.cpus(fmt::format("sys/fs/resctrl/{}/cpus_list", group));
        group != "info" && group != "mon_groups" && group != "mon_data" && cpus)
      return true;
  return false;
}

void add_cache(Topic& topic) {
  CpuList sharing;
  for (const int cpu : numbers(topic.target.cpus)) {
    const std::string directory = last_cache(topic.files, cpu);
    if (directory.empty()) return topic.na(cache, fmt::format("cpu{} tells of no cache", cpu));
    const auto list = topic.files.cpus(directory + "/shared_cpu_list");
    if (!list) return topic.na(cache, list.error().text);
    for (const int other : numbers(*list)) sharing.add(other);
  }
  const CpuList others = without(common(sharing, online_cpus(topic.files)), topic.target.cpus);
  const bool alone = others.count() == 0;
  if (!topic.target.set_aside) return topic.add(cache, Verdict::warn, "no CPU is set aside");
  topic.judge(cache, alone || has_partition(topic.files), Verdict::warn,
              alone ? "with nobody else" : fmt::format("with CPUs {}", others.text()));
}

void add_partition(Topic& topic) {
  if (topic.files.exists("sys/fs/resctrl/info")) {
    const bool there = has_partition(topic.files);
    return topic.judge(partition, there, Verdict::warn,
                       there ? "a group beside the default one" : "mounted, one group for all");
  }
  const std::string flags = x86_host::cpu_flags(topic.files);
  const bool x86 = topic.host.arch() == Arch::x86;
  const bool able =
      flags.contains(" cat_l3 ") || flags.contains(" cat_l2 ") || flags.contains(" mba ");
  if (x86 && !able) return topic.na(partition, "this CPU has neither CAT nor MBA");
  if (!x86) return topic.na(partition, "no resctrl (MPAM needs Linux 6.19 or later)");
  topic.add(partition, Verdict::warn, "the CPU can, resctrl is not mounted");
}

}  // namespace

std::vector<Row> smt_rows(const Host& host, const Target& target) {
  Topic topic{"sharing", host, target};
  add_siblings(topic);
  add_cache(topic);
  add_partition(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
