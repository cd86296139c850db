// SPDX-License-Identifier: Apache-2.0
#include "vm/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/bits.h"
#include "vm/devices.h"

namespace takt {
namespace {

Result<> check_placement(std::string_view whose, const Placement& placement,
                         const CpuList& online) {
  if (placement.cpus) {
    if (const int cpu = placement.cpus->first_not_in(online); cpu >= 0)
      return usage_error(
          fmt::format("{}: cpu {} is not on this machine (online: {})", whose, cpu, online.text()));
  }
  const bool real_time = placement.policy != Policy::other;
  if (real_time && placement.priority == 0)
    return usage_error(fmt::format("{}: policy {} needs a priority, 1 to 99", whose,
                                   policy_name(placement.policy)));
  if (!real_time && placement.priority != 0)
    return usage_error(
        fmt::format("{}: priority {} needs policy=fifo or policy=rr", whose, placement.priority));
  return {};
}

bool is_real_time(const Placement& placement) { return placement.policy != Policy::other; }

Result<> check_memory(const VmConfig& config) {
  const std::uint64_t page = page_bytes(config.hugepages);
  if (is_aligned(config.memory, page)) return {};
  return usage_error(fmt::format("memory: {} bytes is not a multiple of the page size of {} MiB",
                                 config.memory, page >> 20));
}

}  // namespace

bool wants_real_time(const VmConfig& config) {
  return std::ranges::any_of(config.vcpus | std::views::values, is_real_time) ||
         std::ranges::any_of(config.servers | std::views::values, is_real_time);
}

bool has_dedicated_cpus(const VmConfig& config) {
  CpuList taken;
  for (std::uint32_t n = 0; n < config.cpus; ++n) {
    const auto vcpu = config.vcpus.find(n);
    if (vcpu == config.vcpus.end() || !is_real_time(vcpu->second)) return false;
    const auto& cpus = vcpu->second.cpus;
    if (!cpus || cpus->count() != 1 || cpus->first_not_in(taken) < 0) return false;
    taken.add(cpus->first_not_in(taken));
  }
  return std::ranges::none_of(config.servers | std::views::values, [&](const Placement& server) {
    return is_real_time(server) && (!server.cpus || server.cpus->overlaps(taken));
  });
}

bool traces_host(const VmConfig& config) {
  const bool by_itself = config.trace_host == Switch::automatic && config.budget.any();
  return config.trace_host == Switch::on || by_itself;
}

bool is_on(Switch value, const VmConfig& config) {
  return value == Switch::on || (value == Switch::automatic && wants_real_time(config));
}

Result<> granted(const VmConfig& config, Result<> result) {
  if (result || config.rt_mode == RtMode::strict) return result;
  say(fmt::format("takt: warning: {}", one_line(result.error().text)));
  return {};
}

Result<> check_placements(const VmConfig& config, const CpuList& online) {
  TRY_VOID(check_memory(config));
  for (const auto& [id, placement] : config.vcpus) {
    if (id >= config.cpus)
      return usage_error(
          fmt::format("vcpu {}: this VM has cpus = {}, numbered from 0", id, config.cpus));
    TRY_VOID(check_placement(fmt::format("vcpu {}", id), placement, online));
  }
  TRY_VOID(check_devices(config));
  for (const auto& [name, placement] : config.servers)
    TRY_VOID(check_placement(fmt::format("server {}", name), placement, online));
  if (config.helpers) TRY_VOID(check_placement("helpers", *config.helpers, online));
  return {};
}

Result<> check_config(const VmConfig& config) {
  if (config.kernel.empty() && !config.dump_tables)
    return usage_error("kernel: nothing to boot (give --kernel FILE, or a file with kernel = ...)");
  TRY_VOID(check_placements(config, CpuList::online()));
  if (!config.resctrl.empty() && config.name.find('/') != std::string::npos)
    return usage_error(
        fmt::format("name: '{}' names a control group of resctrl, so no '/'", config.name));
  if (config.console.kind == ConsoleKind::stdio && config.debug_console.kind == ConsoleKind::stdio)
    return usage_error("debug-console: stdio is taken by the console (try file:PATH)");
  return {};
}

}  // namespace takt
