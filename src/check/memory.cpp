// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "check/topic.h"

namespace takt::check {
namespace {

constexpr Item hugepages{"hugepages",
                         "with 4K pages a guest's access may walk two tables of four levels",
                         "boot with hugepagesz=1G hugepages=N, or write to "
                         "/sys/devices/system/node/nodeN/hugepages/*/nr_hugepages"};
constexpr Item nodes{"numa-nodes", "memory of another node is far away for the vCPU",
                     "choose CPUs of one node"};
constexpr Item thp{"transparent-hugepages", "khugepaged moves pages under running threads",
                   "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"};
constexpr Item ksm{"ksm", "merging pages write-protects guest memory: each later write is an exit",
                   "echo 0 > /sys/kernel/mm/ksm/run"};
constexpr Item balancing{"numa-balancing", "it unmaps guest memory now and then to see who uses it",
                         "sysctl kernel.numa_balancing=0"};
constexpr Item swap{"swap", "memory that is paged out comes back after milliseconds",
                    "swapoff -a, or mlock = \"on\" in the VM's file"};
constexpr Item stat{"vm-stat-interval", "its work runs on each CPU that has statistics to fold",
                    "sysctl vm.stat_interval=10"};
constexpr Item compaction{"compaction", "proactive compaction moves pages and stops who uses them",
                          "sysctl vm.compaction_proactiveness=0"};

constexpr std::string_view node_root = "sys/devices/system/node";

bool is_node(const std::string& name) {
  return parse_number(std::string_view{name}.substr(4)).has_value();
}

/// The NUMA nodes that have one of the target's CPUs.
Result<std::vector<std::string>> target_nodes(const Topic& topic) {
  TRY(const auto names, topic.files.list(node_root, "node"));
  std::vector<std::string> found;
  for (const auto& name : names) {
    if (!is_node(name)) continue;
    const auto cpus = topic.files.cpus(fmt::format("{}/{}/cpulist", node_root, name));
    if (cpus && common(*cpus, topic.target.cpus).count() > 0) found.push_back(name);
  }
  return found;
}

struct Pages {
  std::int64_t reserved = 0, free = 0;
};

Pages pages_of(const HostFiles& files, std::string_view node, std::uint64_t bytes) {
  const std::string directory =
      fmt::format("{}/{}/hugepages/hugepages-{}kB", node_root, node, bytes >> 10);
  return {.reserved = files.number(directory + "/nr_hugepages").value_or(0),
          .free = files.number(directory + "/free_hugepages").value_or(0)};
}

void add_vm_pages(Topic& topic, const std::vector<std::string>& on, const VmConfig& vm) {
  const std::uint64_t page = page_bytes(vm.hugepages);
  if (vm.hugepages == PageSize::base)
    return topic.add(hugepages, Verdict::warn, "this VM asks for none (hugepages = \"1G\")");
  std::int64_t free = 0;
  for (const auto& node : on) free += pages_of(topic.files, node, page).free;
  const auto wanted = static_cast<std::int64_t>(vm.memory / page);
  topic.judge(
      hugepages, free >= wanted, Verdict::fail,
      fmt::format("wanted {} of {} MiB, free {} on {}", wanted, page >> 20, free, some_of(on)));
}

void add_hugepages(Topic& topic) {
  const auto on = target_nodes(topic);
  if (!on) {
    topic.na(hugepages, on.error().text);
    return topic.na(nodes, on.error().text);
  }
  topic.judge(nodes, on->size() <= 1 || !topic.target.set_aside, Verdict::warn,
              on->empty() ? "none has these CPUs" : some_of(*on));
  if (topic.target.vm) return add_vm_pages(topic, *on, *topic.target.vm);
  std::vector<std::string> found;
  for (const auto& node : *on)
    for (const std::uint64_t page : {1_GiB, 32_MiB, 512_MiB, 2_MiB})
      if (const Pages pages = pages_of(topic.files, node, page); pages.reserved > 0)
        found.push_back(
            fmt::format("{}: {} of {} MiB, {} free", node, pages.reserved, page >> 20, pages.free));
  topic.judge(hugepages, !found.empty(), Verdict::warn,
              found.empty() ? "none reserved" : some_of(found));
}

/// The word in brackets: "always [madvise] never".
std::string_view chosen(std::string_view text) {
  const std::size_t open = text.find('[');
  const std::size_t close = text.find(']');
  if (open == text.npos || close == text.npos || close < open) return text;
  return text.substr(open + 1, close - open - 1);
}

void add_thp(Topic& topic) {
  const auto text = topic.files.line("sys/kernel/mm/transparent_hugepage/enabled");
  if (!text) return topic.na(thp, text.error().text);
  const std::string_view mode = chosen(*text);
  topic.judge(thp, mode == "never" || mode == "madvise", Verdict::warn, mode);
}

void add_swap(Topic& topic) {
  const auto text = topic.files.read("proc/swaps");
  if (!text) return topic.na(swap, text.error().text);
  const std::size_t lines = lines_of(*text).size();
  const std::size_t areas = lines == 0 ? 0 : lines - 1;
  if (areas == 0) return topic.pass(swap, "none");
  const bool locked = topic.target.vm && is_on(topic.target.vm->mlock, *topic.target.vm);
  topic.judge(swap, locked, Verdict::warn,
              fmt::format("{} area{}{}", areas, areas == 1 ? "" : "s",
                          locked ? ", and this VM's memory is locked" : ""));
}

}  // namespace

std::vector<Row> memory_rows(const Host& host, const Target& target) {
  Topic topic{"memory", host, target};
  const auto is_zero = [](std::int64_t n) { return n == 0; };
  add_hugepages(topic);
  add_thp(topic);
  // 2: stopped, and pages merged before were split again.
  topic.number(ksm, "sys/kernel/mm/ksm/run", [](std::int64_t n) { return n == 0 || n == 2; });
  topic.number(balancing, "proc/sys/kernel/numa_balancing", is_zero);
  add_swap(topic);
  topic.number(stat, "proc/sys/vm/stat_interval", [](std::int64_t n) { return n >= 10; });
  topic.number(compaction, "proc/sys/vm/compaction_proactiveness", is_zero);
  return std::move(topic).rows();
}

}  // namespace takt::check
