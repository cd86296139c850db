// SPDX-License-Identifier: Apache-2.0
// Whatever the files of a host say, check ends in a report: each row has a verdict and printable
// words, and the JSON is JSON. The input is cut into files: its first byte chooses the machine,
// then each file that rows read gets the next piece.
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "check/irq_list.h"
#include "check/kernel_list.h"
#include "check/record.h"
#include "check/report.h"
#include "check/thread_list.h"
#include "check/vfio_device.h"

namespace {

constexpr std::array files{"proc/cmdline",
                           "proc/interrupts",
                           "proc/cpuinfo",
                           "proc/swaps",
                           "proc/version",
                           "proc/self/limits",
                           "proc/self/status",
                           "proc/self/cgroup",
                           "proc/1/task/1/stat",
                           "proc/1/task/1/status",
                           "proc/config.gz",
                           "boot/config-6.12",
                           "proc/irq/24/smp_affinity_list",
                           "proc/irq/default_smp_affinity",
                           "proc/sys/kernel/sched_rt_runtime_us",
                           "proc/sys/kernel/timer_migration",
                           "sys/devices/system/cpu/online",
                           "sys/devices/system/cpu/isolated",
                           "sys/devices/system/cpu/nohz_full",
                           "sys/devices/system/cpu/cpu0/cpuidle/state1/latency",
                           "sys/devices/system/cpu/cpu0/cpuidle/state1/disable",
                           "sys/devices/system/cpu/cpu0/cpuidle/state1/name",
                           "sys/devices/system/cpu/cpu0/topology/thread_siblings_list",
                           "sys/devices/system/cpu/cpu0/cache/index3/shared_cpu_list",
                           "sys/devices/system/node/node0/cpulist",
                           "sys/class/iommu/dmar0/intel-iommu/cap",
                           "sys/bus/pci/devices/0000:01:00.0/config",
                           "sys/bus/pci/drivers/vfio-pci/0000:01:00.0",
                           "sys/kernel/mm/transparent_hugepage/enabled",
                           "sys/devices/virtual/workqueue/cpumask",
                           "sys/module/kvm/parameters/pi_inject_timer",
                           "sys/module/kvm_intel/parameters/enable_apicv",
                           "sys/fs/cgroup/cpuset.cpus.effective",
                           "dev/cpu_dma_latency",
                           "takt/kvm",
                           "takt/cpuid",
                           "takt/kernel-log",
                           "takt/unreadable"};

/// A directory that goes away when the fuzzer ends.
struct Directory {
  std::filesystem::path path;
  Directory() {
    std::string name = "/dev/shm/takt-check-fuzz-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path = name;
    for (const char* file : files) std::filesystem::create_directories((path / file).parent_path());
    std::ofstream{path / "proc/sys/kernel/osrelease"} << "6.12\n";
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path); }
};

const std::filesystem::path& root() {
  static const Directory directory;
  return directory.path;
}

bool is_printable(std::string_view text) {
  for (const char c : text)
    if (c < 0x20 || c > 0x7e) return false;
  return true;
}

void parse_alone(std::string_view text) {
  static_cast<void>(takt::check::parse_interrupts(text));
  static_cast<void>(takt::check::parse_stat(text));
  static_cast<void>(takt::check::kernel_list(text, 8));
  static_cast<void>(takt::check::msi_support(text));
  for (const char* file : files) static_cast<void>(takt::check::scrubbed(file, text));
}

void write_files(std::string_view text) {
  for (const char* file : files) {
    const std::size_t end = std::min(text.find('\x1e'), text.size());
    std::ofstream{root() / file, std::ios::binary | std::ios::trunc} << text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  parse_alone(text);
  std::ofstream{root() / "takt/machine"} << ((data[0] & 1) != 0 ? "x86_64" : "aarch64");
  write_files(text);
  const auto host = takt::check::recorded_host(root());
  if (!host) std::abort();
  auto target = takt::check::target_of(*host, {});
  if (!target || target->cpus.count() == 0) std::abort();
  if ((data[0] & 2) != 0) target->set_aside = true;
  const auto report = takt::check::make_report(*host, *target);
  for (const auto& row : report.rows)
    if (!is_printable(row.value) || row.why.empty() || row.fix.empty()) std::abort();
  if (takt::check::to_text(report, false).empty() || takt::check::to_json(report).empty())
    std::abort();
  return 0;
}
