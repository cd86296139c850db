// SPDX-License-Identifier: Apache-2.0
// Sleep states and frequencies.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "check/idle_states.h"
#include "check/topic.h"
#include "host/linux_host.h"

namespace takt::check {
namespace {

constexpr Item cpuidle{"cpuidle",
                       "a CPU that sleeps deeply wakes up late, by up to the state's latency",
                       "cpupower -c @cpus idle-set -D 10, or hold /dev/cpu_dma_latency at 0"};
constexpr Item dma_latency{"cpu-dma-latency", "who holds it low keeps all CPUs out of deep states",
                           "hold /dev/cpu_dma_latency open with 0 while the VM runs (tuned does)"};
constexpr Item governor{"cpufreq-governor",
                        "a slow CPU is a late CPU, and a change of frequency takes time",
                        "cpupower -c @cpus frequency-set -g performance"};
constexpr Item range{"cpufreq-range", "the frequency may change while the guest runs",
                     "cpupower -c @cpus frequency-set -d MAX -u MAX"};
constexpr Item boost{
    "boost", "with boost the frequency follows temperature and the other cores",
    "echo 0 > /sys/devices/system/cpu/cpufreq/boost, or 1 > .../intel_pstate/no_turbo"};
constexpr Item uncore{"uncore-frequency", "cache and memory slow down when most cores are idle",
                      "write max_freq_khz to min_freq_khz in intel_uncore_frequency/*"};

void add_cpuidle(Topic& topic) {
  if (linux_host::kernel_parameter(topic.files, "idle") == "poll")
    return topic.pass(cpuidle, "idle=poll");
  const auto states = enabled_idle_states(topic.files, topic.target.cpus);
  if (!states) return topic.na(cpuidle, states.error().text);
  std::vector<std::string> deep;
  for (const IdleState& state : *states)
    if (state.latency_us > harmless_idle_us)
      deep.push_back(fmt::format("{} {} us", state.name, state.latency_us));
  topic.judge(
      cpuidle, deep.empty(), Verdict::warn,
      deep.empty() ? fmt::format("no enabled state over {} us", harmless_idle_us) : some_of(deep));
}

void add_dma_latency(Topic& topic) {
  const auto bytes = topic.files.read("dev/cpu_dma_latency", sizeof(std::int32_t));
  if (!bytes) return topic.na(dma_latency, bytes.error().text);
  std::int32_t us = 0;
  if (bytes->size() != sizeof us) return topic.na(dma_latency, "/dev/cpu_dma_latency: too short");
  std::memcpy(&us, bytes->data(), sizeof us);
  constexpr std::int32_t nobody = 2'000'000'000;  // PM_QOS_CPU_LATENCY_DEFAULT_VALUE, seconds
  const auto states = enabled_idle_states(topic.files, topic.target.cpus);
  if (!states && us >= nobody) return topic.na(dma_latency, states.error().text);
  const auto is_deep = [](const IdleState& s) { return s.latency_us > harmless_idle_us; };
  const bool needless = states && std::ranges::none_of(*states, is_deep);
  topic.judge(dma_latency, needless || (us >= 0 && us <= harmless_idle_us), Verdict::warn,
              us < nobody ? fmt::format("{} us", us)
              : needless  ? "nobody holds it, and no deep state is enabled"
                          : "nobody holds it");
}

/// `file` of each CPU's cpufreq directory, if they agree; else what is found in words.
struct PerCpu {
  std::vector<std::string> values;
  std::string problem;
};

PerCpu per_cpu(const Topic& topic, std::string_view file) {
  PerCpu found;
  for (const int cpu : numbers(topic.target.cpus)) {
    const auto value =
        topic.files.line(fmt::format("sys/devices/system/cpu/cpu{}/cpufreq/{}", cpu, file));
    if (!value) {
      found.problem = value.error().text;
      return found;
    }
    found.values.push_back(*value);
  }
  return found;
}

void add_governor(Topic& topic) {
  const PerCpu governors = per_cpu(topic, "scaling_governor");
  if (!governors.problem.empty()) return topic.na(governor, governors.problem);
  const std::string driver = per_cpu(topic, "scaling_driver").problem.empty()
                                 ? " (" + per_cpu(topic, "scaling_driver").values.front() + ")"
                                 : "";
  for (std::size_t i = 0; i < governors.values.size(); ++i)
    if (governors.values[i] != "performance")
      return topic.add(governor, Verdict::warn,
                       fmt::format("{}{} on CPU {}", governors.values[i], driver,
                                   numbers(topic.target.cpus)[i]));
  topic.pass(governor, "performance" + driver);
}

void add_range(Topic& topic) {
  const PerCpu least = per_cpu(topic, "scaling_min_freq");
  const PerCpu most = per_cpu(topic, "scaling_max_freq");
  if (!least.problem.empty()) return topic.na(range, least.problem);
  if (!most.problem.empty()) return topic.na(range, most.problem);
  for (std::size_t i = 0; i < least.values.size(); ++i)
    if (least.values[i] != most.values[i])
      return topic.add(range, Verdict::warn,
                       fmt::format("{} to {} kHz on CPU {}", least.values[i], most.values[i],
                                   numbers(topic.target.cpus)[i]));
  topic.pass(range, fmt::format("{} kHz", most.values.front()));
}

void add_boost(Topic& topic) {
  if (const auto off = topic.files.number("sys/devices/system/cpu/intel_pstate/no_turbo"))
    return topic.judge(boost, *off == 1, Verdict::warn, *off == 1 ? "off" : "on");
  const auto on = topic.files.number("sys/devices/system/cpu/cpufreq/boost");
  if (!on) return topic.na(boost, on.error().text);
  topic.judge(boost, *on == 0, Verdict::warn, *on == 0 ? "off" : "on");
}

void add_uncore(Topic& topic) {
  constexpr std::string_view directory = "sys/devices/system/cpu/intel_uncore_frequency";
  const auto dies = topic.files.list(directory);
  if (!dies) return topic.na(uncore, dies.error().text);
  for (const auto& die : *dies) {
    const auto least = topic.files.number(fmt::format("{}/{}/min_freq_khz", directory, die));
    const auto most = topic.files.number(fmt::format("{}/{}/max_freq_khz", directory, die));
    if (!least || !most) return topic.na(uncore, (least ? most : least).error().text);
    if (*least != *most)
      return topic.add(uncore, Verdict::warn, fmt::format("{} to {} kHz ({})", *least, *most, die));
  }
  topic.judge(uncore, !dies->empty(), Verdict::na, dies->empty() ? "no die" : "fixed");
}

}  // namespace

std::vector<Row> idle_rows(const Host& host, const Target& target) {
  Topic topic{"idle and frequency", host, target};
  add_cpuidle(topic);
  add_dma_latency(topic);
  add_governor(topic);
  add_range(topic);
  add_boost(topic);
  add_uncore(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
