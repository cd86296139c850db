// SPDX-License-Identifier: Apache-2.0
#include "check/irq_list.h"

#include <fmt/format.h>

#include <algorithm>

namespace takt::check {
namespace {

std::vector<int> parse_columns(std::string_view line) {
  std::vector<int> columns;
  for (const std::string_view word : words_of(line)) {
    const auto cpu = word.starts_with("CPU") ? parse_number(word.substr(3)) : std::nullopt;
    if (!cpu || *cpu < 0 || *cpu >= CPU_SETSIZE) return {};
    columns.push_back(static_cast<int>(*cpu));
  }
  return columns;
}

/// "GICv3  27 Level": interrupts below 32 are private to a CPU (Arm IHI 0069, 2.2.1).
bool is_private(const std::vector<std::string_view>& words, std::size_t at) {
  if (at + 1 >= words.size() || !words[at].starts_with("GIC")) return false;
  if (words[at].contains("vpe") || words[at].contains("sgi")) return true;
  const auto hwirq = parse_number(words[at + 1]);
  return hwirq && *hwirq < 32;
}

std::optional<HostIrq> parse_line(std::string_view line, std::size_t columns) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return std::nullopt;
  const auto number = parse_number(trimmed(line.substr(0, colon)));
  if (!number || *number < 0 || *number > 1'000'000) return std::nullopt;  // NMI:, LOC: ...
  const auto words = words_of(line.substr(colon + 1));
  if (words.size() <= columns) return std::nullopt;
  HostIrq irq{.number = static_cast<int>(*number)};
  for (std::size_t i = 0; i < columns; ++i)
    irq.counts.push_back(static_cast<std::uint64_t>(parse_number(words[i]).value_or(0)));
  irq.per_cpu = is_private(words, columns);
  for (std::size_t i = columns; i + 1 < words.size(); ++i) {
    if (i != columns) irq.chip.push_back(' ');
    irq.chip.append(words[i]);
  }
  irq.action = words.back();
  return irq;
}

}  // namespace

std::uint64_t HostIrqs::count(const HostIrq& irq, const CpuList& cpus) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < std::min(columns.size(), irq.counts.size()); ++i)
    if (cpus.contains(columns[i])) sum += irq.counts[i];
  return sum;
}

HostIrqs parse_interrupts(std::string_view text) {
  HostIrqs irqs{.columns = {}, .irqs = {}, .text = std::string{text}};
  const auto lines = lines_of(text);
  if (lines.empty()) return irqs;
  irqs.columns = parse_columns(lines.front());
  if (irqs.columns.empty()) return irqs;
  for (const std::string_view line : lines)
    if (auto irq = parse_line(line, irqs.columns.size())) irqs.irqs.push_back(std::move(*irq));
  return irqs;
}

Result<HostIrqs> host_irqs(const HostFiles& files) {
  TRY(const std::string text, files.read("proc/interrupts", interrupts_bytes));
  HostIrqs irqs = parse_interrupts(text);
  if (irqs.columns.empty()) return env_error("/proc/interrupts does not begin with its CPUs");
  return irqs;
}

}  // namespace takt::check
