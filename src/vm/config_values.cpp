// SPDX-License-Identifier: Apache-2.0
#include "vm/config_values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "base/bits.h"
#include "kvm/disable_exits.h"
#include "vm/config_words.h"

namespace takt {
namespace {

Result<Policy> parse_policy(std::string_view text) {
  static constexpr std::array<Word<Policy>, 3> words{
      {{"fifo", Policy::fifo}, {"rr", Policy::rr}, {"other", Policy::other}}};
  return parse_word<Policy>(text, words);
}

Result<> set_placement_key(Placement& p, std::string_view key, std::string_view value) {
  if (key == "cpu") return store(p.cpus, CpuList::parse(value));
  if (key == "policy") return store(p.policy, parse_policy(value));
  if (key == "priority") {
    TRY(const std::uint32_t priority, parse_number(value, 0, 99));
    p.priority = static_cast<int>(priority);
    return {};
  }
  return usage_error(fmt::format("unknown key '{}'; allowed are cpu, policy, priority", key));
}

constexpr std::uint32_t most_poll_us = 1'000'000;

/// Takes "KEY=VALUE" and its comma out of `text`; the value if it was there.
std::optional<std::string> take_key(std::string& text, std::string_view key) {
  const std::string form = fmt::format(",{}=", key);
  std::string list = "," + text;
  const std::size_t begin = list.find(form);
  if (begin == std::string::npos) return std::nullopt;
  const std::size_t end = std::min(list.find(',', begin + 1), list.size());
  std::string value = list.substr(begin + form.size(), end - begin - form.size());
  list.erase(begin, end - begin);
  text = list.empty() ? "" : list.substr(1);
  return value;
}

Result<AccessPolicy> parse_access_policy(std::string_view text) {
  static constexpr std::array<Word<AccessPolicy>, 2> words{
      {{"lock", AccessPolicy::lock}, {"server", AccessPolicy::server}}};
  return parse_word<AccessPolicy>(text, words);
}

Result<> set_server_budget(Budgets& budget, std::string_view server, std::string_view value) {
  TRY(std::string name, parse_thread_name(server));
  TRY(const std::uint32_t us, parse_number(value, 1, Budgets::most_us));
  budget.server_job_us[std::move(name)] = us;
  return {};
}

Result<> set_budget_key(Budgets& budget, std::string_view key, std::string_view value) {
  constexpr std::string_view of_server = ".job_us";
  constexpr std::string_view prefix = "server.";
  if (key == "bundles") return store(budget.bundles, parse_text(value, "a directory"));
  if (key == "exit_us") return store(budget.exit_us, parse_number(value, 1, Budgets::most_us));
  if (key == "wakeup_us") return store(budget.wakeup_us, parse_number(value, 1, Budgets::most_us));
  if (key == "job_us") return store(budget.job_us, parse_number(value, 1, Budgets::most_us));
  if (key.ends_with(of_server)) {
    key.remove_suffix(of_server.size());
    if (key.starts_with(prefix)) key.remove_prefix(prefix.size());
    return set_server_budget(budget, key, value);
  }
  return usage_error(fmt::format(
      "unknown key '{}'; allowed are exit_us, wakeup_us, job_us, SERVER.job_us, bundles", key));
}

}  // namespace

Result<std::string> parse_text(std::string_view text, std::string_view what) {
  if (text.empty()) return usage_error(fmt::format("{} must be named", what));
  if (text.find('\0') != std::string_view::npos)
    return usage_error(fmt::format("{} cannot contain a zero byte", what));
  return std::string{text};
}

Result<std::string> parse_name(std::string_view text) {
  constexpr std::string_view allowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  const bool is_name = !text.empty() && !text.starts_with('.') && !text.starts_with('-') &&
                       text.find_first_not_of(allowed) == std::string_view::npos;
  if (!is_name)
    return usage_error(
        "a name is letters, digits, '.', '_' and '-', and starts with neither . nor -");
  return std::string{text};
}

Result<std::string> parse_thread_name(std::string_view text) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  if (!text.empty() && text.size() <= 15 && text.find_first_not_of(allowed) == text.npos)
    return std::string{text};
  return usage_error("allowed are 1 to 15 letters, digits, '-' and '_' for a server's name");
}

Result<std::uint32_t> parse_number(std::string_view text, std::uint32_t least, std::uint32_t most) {
  const auto value = whole_number(text);
  if (!value || *value < least || *value > most)
    return usage_error(fmt::format("allowed are whole numbers from {} to {}", least, most));
  return static_cast<std::uint32_t>(*value);
}

Result<std::uint64_t> parse_memory(std::string_view text) {
  const auto size = scaled_number(text, "KMGT", 16ull << 40);
  if (size && *size >= 1_MiB && is_aligned(*size, 4_KiB)) return *size;
  return usage_error("allowed are sizes from 1M to 16T in whole pages, such as 512M or 4G");
}

Result<bool> parse_bool(std::string_view text) {
  static constexpr std::array<Word<bool>, 4> words{
      {{"true", true}, {"false", false}, {"on", true}, {"off", false}}};
  return parse_word<bool>(text, words);
}

Result<Switch> parse_switch(std::string_view text) {
  static constexpr std::array<Word<Switch>, 3> words{
      {{"on", Switch::on}, {"off", Switch::off}, {"auto", Switch::automatic}}};
  return parse_word<Switch>(text, words);
}

Result<bool> parse_virtio_bus(std::string_view text) {
  static constexpr std::array<Word<bool>, 2> words{{{"pci", false}, {"mmio", true}}};
  return parse_word<bool>(text, words);
}

Result<RtMode> parse_rt_mode(std::string_view text) {
  static constexpr std::array<Word<RtMode>, 2> words{
      {{"strict", RtMode::strict}, {"best-effort", RtMode::best_effort}}};
  return parse_word<RtMode>(text, words);
}

Result<PageSize> parse_page_size(std::string_view text) {
  static constexpr std::array<Word<PageSize>, 3> words{
      {{"off", PageSize::base}, {"2M", PageSize::huge_2m}, {"1G", PageSize::huge_1g}}};
  return parse_word<PageSize>(text, words);
}

Result<std::uint32_t> parse_disable_exits(std::string_view text) {
  std::vector<Word<std::uint32_t>> words;
  std::uint32_t all = 0;
  for (const kvm::DisableExit& exit : kvm::disable_exits()) {
    words.push_back({exit.name, exit.bit});
    all |= exit.bit;
  }
  words.push_back({"all", all});
  words.push_back({"none", 0});
  std::uint32_t mask = 0;
  TRY_VOID(for_each_part(text, ',', [&](std::string_view part) -> Result<> {
    TRY(const std::uint32_t bit, parse_word<std::uint32_t>(part, words));
    mask |= bit;
    return {};
  }));
  return mask;
}

Result<UartModel> parse_uart(std::string_view text) {
  static constexpr std::array<Word<UartModel>, 2> words{
      {{"pl011", UartModel::pl011}, {"16550", UartModel::ns16550}}};
  return parse_word<UartModel>(text, words);
}

Result<GicChoice> parse_gic(std::string_view text) {
  static constexpr std::array<Word<GicChoice>, 3> words{
      {{"auto", GicChoice::automatic}, {"v3", GicChoice::v3}, {"v2", GicChoice::v2}}};
  return parse_word<GicChoice>(text, words);
}

Result<Placement> parse_placement(std::string_view text) {
  Placement placement;
  TRY_VOID(for_each_key(text, "; keys are cpu, policy, priority",
                        [&](std::string_view key, std::string_view value) -> Result<> {
                          if (value.contains('='))
                            return usage_error(fmt::format(
                                "'{}={}' has two '=' and no comma between them", key, value));
                          return set_placement_key(placement, key, value);
                        }));
  return placement;
}

Result<> set_vcpu(VmConfig& config, std::string_view text) {
  TRY(const NameAndRest parts,
      split_name(text, "N:KEY=VALUE,... such as 0:cpu=2,policy=fifo,priority=80"));
  TRY(const std::uint32_t id, parse_number(parts.name, 0, 4095));
  return store(config.vcpus[id], parse_placement(parts.rest));
}

Result<> set_server(VmConfig& config, std::string_view text) {
  TRY(const NameAndRest parts,
      split_name(text, "NAME:KEY=VALUE,... such as console:policy=fifo,priority=90"));
  TRY(std::string name, parse_thread_name(parts.name));
  std::string rest{parts.rest};
  if (const auto poll_us = take_key(rest, "poll-us"))
    TRY_VOID(store(config.server_poll_us[name], parse_number(*poll_us, 0, most_poll_us)));
  return store(config.servers[std::move(name)], parse_placement(rest));
}

Result<> set_device(VmConfig& config, std::string_view text) {
  TRY(const NameAndRest parts,
      split_name(text, "NAME:KEY=VALUE,... such as uart:server=console,access=lock"));
  return for_each_part(parts.rest, ',', [&](std::string_view part) -> Result<> {
    const std::size_t equals = part.find('=');
    const std::string_view key = part.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : part.substr(equals + 1);
    TRY(const bool known, set_device_key(config, parts.name, key, value));
    if (known) return {};
    return usage_error(fmt::format("unknown key '{}'; allowed are server, access", key));
  });
}

Result<bool> set_device_key(VmConfig& config, std::string_view device, std::string_view key,
                            std::string_view value) {
  if (key != "server" && key != "access") return false;
  DeviceConfig& wanted = config.devices[std::string{device}];
  if (key == "server")
    TRY_VOID(store(wanted.server, parse_thread_name(value)));
  else
    TRY_VOID(store(wanted.access, parse_access_policy(value)));
  return true;
}

Result<> set_dma_latency(VmConfig& config, std::string_view text) {
  config.cpu_dma_latency_us = 0;
  if (text == "off" || text == "auto") return store(config.cpu_dma_latency, parse_switch(text));
  constexpr std::uint32_t most_us = 1'000'000;
  const auto us = whole_number(text);
  if (!us || *us > most_us)
    return usage_error(fmt::format("allowed are off, auto, and 0 to {} (microseconds)", most_us));
  config.cpu_dma_latency = Switch::on;
  config.cpu_dma_latency_us = static_cast<std::uint32_t>(*us);
  return {};
}

Result<> add_schemata(VmConfig& config, std::string_view text) {
  const std::size_t colon = text.find(':');
  const bool one_line = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  if (!one_line || colon == 0 || colon == std::string_view::npos || !text.contains('='))
    return usage_error("the form is RESOURCE:DOMAIN=VALUE;... such as L3:0=f0 or MB:0=50");
  config.resctrl.emplace_back(text);
  return {};
}

Result<> set_budget(VmConfig& config, std::string_view text) {
  return for_each_part(text, ',', [&](std::string_view part) -> Result<> {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos)
      return usage_error(fmt::format("'{}' is not KEY=VALUE such as exit_us=20", part));
    return set_budget_key(config.budget, part.substr(0, equals), part.substr(equals + 1));
  });
}

}  // namespace takt
