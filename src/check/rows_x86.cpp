// SPDX-License-Identifier: Apache-2.0
// What only x86 hosts are asked: clock, sleep, and what stops a CPU. Compiled and tested on every
// machine.
#include <fmt/format.h>

#include <cstring>

#include "check/idle_states.h"
#include "check/topic.h"
#include "host/linux_host.h"
#include "host/x86_host.h"

namespace takt::check {
namespace {

constexpr Item tsc{"tsc-invariant",
                   "KVM on PREEMPT_RT refuses a TSC that changes its rate or stops",
                   "another machine; under a hypervisor: its invariant-TSC option"};
constexpr Item tsc_frequency{"tsc-frequency", "a calibrated frequency differs from boot to boot",
                             "tsc_early_khz= at boot, if the data sheet names it"};
constexpr Item tsc_watchdog{"tsc-watchdog", "the clocksource watchdog interrupts each CPU in turn",
                            "boot with tsc=nowatchdog (tsc=reliable)"};
constexpr Item split_lock{"split-lock",
                          "a split lock stops the memory bus; 'warn' stops its thread 10 ms",
                          "sysctl kernel.split_lock_mitigate=0, or split_lock_detect=off"};
constexpr Item cstates{"cstate-limit", "a limit at boot holds whatever is written to cpuidle later",
                       "intel_idle.max_cstate=1 processor.max_cstate=1 at boot"};
constexpr Item mce{"machine-check-poll",
                   "correctable errors are polled for on each CPU every 5 minutes",
                   "boot with mce=ignore_ce"};
constexpr Item x2apic{"x2apic", "without it an IPI of the host's is a slow write to memory",
                      "boot without nox2apic, x2APIC on in the firmware"};
constexpr Item smi{"smi-count", "an SMI stops all CPUs, for as long as the firmware likes",
                   "run takt check again later: when the count has grown, other firmware settings"};
void add_tsc(Topic& topic, bool invariant) {
  topic.judge(tsc, invariant, Verdict::fail, invariant ? "constant, never stops" : "not invariant");
}

void add_tsc_frequency(Topic& topic, const std::string& flags) {
  const bool known = flags.contains(" tsc_known_freq ");
  topic.judge(tsc_frequency, known, Verdict::warn,
              known ? "told by the CPU" : "calibrated at boot");
}

/// Linux drops the watchdog by itself where TSC_ADJUST lets it see that nobody wrote the TSC.
void add_tsc_watchdog(Topic& topic, const std::string& flags, bool invariant) {
  const std::string option = linux_host::kernel_parameter(topic.files, "tsc");
  if (option == "nowatchdog" || option == "reliable")
    return topic.pass(tsc_watchdog, "off (tsc=" + option + ")");
  const bool trusted =
      flags.contains(" tsc_reliable ") || (invariant && flags.contains(" tsc_adjust "));
  topic.judge(tsc_watchdog, trusted, Verdict::warn,
              trusted ? "off (the TSC can be trusted)" : "on");
}

void add_x2apic(Topic& topic, const std::string& flags) {
  const bool off = linux_host::has_kernel_word(topic.files, "nox2apic");
  const bool has = flags.contains(" x2apic ");
  topic.judge(x2apic, has && !off, Verdict::warn, off ? "nox2apic" : has ? "yes" : "no");
}

void add_cpu_flags(Topic& topic) {
  const std::string flags = x86_host::cpu_flags(topic.files);
  if (flags.empty()) {
    for (const Item* item : {&tsc, &tsc_frequency, &tsc_watchdog, &x2apic})
      topic.na(*item, "/proc/cpuinfo tells no flags");
    return;
  }
  const bool invariant = x86_host::tsc_is_invariant(topic.files);
  add_tsc(topic, invariant);
  add_tsc_frequency(topic, flags);
  add_tsc_watchdog(topic, flags, invariant);
  add_x2apic(topic, flags);
}

void add_split_lock(Topic& topic) {
  const std::string option = linux_host::kernel_parameter(topic.files, "split_lock_detect");
  if (option == "off") return topic.pass(split_lock, "split_lock_detect=off");
  const std::string flags = x86_host::cpu_flags(topic.files);
  if (!flags.contains(" split_lock_detect ") && !flags.contains(" bus_lock_detect "))
    return topic.na(split_lock, "this CPU does not detect them");
  topic.number(split_lock, "proc/sys/kernel/split_lock_mitigate",
               [](std::int64_t n) { return n == 0; });
}

void add_cstate_limit(Topic& topic) {
  for (const char* key : {"intel_idle.max_cstate", "processor.max_cstate", "idle"}) {
    const std::string value = linux_host::kernel_parameter(topic.files, key);
    if (value == "0" || value == "1" || value == "poll" || value == "halt")
      return topic.pass(cstates, fmt::format("{}={}", key, value));
  }
  const auto states = enabled_idle_states(topic.files, topic.target.cpus);
  if (!states) return topic.na(cstates, states.error().text);
  bool deep = false;
  for (const IdleState& state : *states) deep |= state.latency_us > harmless_idle_us;
  topic.judge(cstates, !deep, Verdict::warn, deep ? "none at boot" : "none at boot, none needed");
}

void add_mce(Topic& topic) {
  if (linux_host::kernel_parameter(topic.files, "mce") == "ignore_ce" ||
      linux_host::kernel_parameter(topic.files, "mce") == "off")
    return topic.pass(mce, "mce=" + linux_host::kernel_parameter(topic.files, "mce"));
  constexpr std::string_view directory = "sys/devices/system/machinecheck/machinecheck0";
  if (topic.files.number(fmt::format("{}/ignore_ce", directory)).value_or(0) == 1)
    return topic.pass(mce, "ignore_ce=1");
  const auto interval = topic.files.line(fmt::format("{}/check_interval", directory));
  if (!interval) return topic.na(mce, interval.error().text);
  topic.judge(mce, *interval == "0", Verdict::warn, fmt::format("every {} s", *interval));
}

/// IA32 MSR_SMI_COUNT (Intel SDM vol. 4), of the first CPU.
void add_smi(Topic& topic) {
  if (!x86_host::cpu_flags(topic.files, "vendor_id").contains("GenuineIntel"))
    return topic.na(smi, "only Intel CPUs count them");
  const int cpu = numbers(topic.target.cpus).front();
  const auto bytes = topic.files.read_at(fmt::format("dev/cpu/{}/msr", cpu), 0x34, 8);
  if (!bytes) return topic.na(smi, bytes.error().text);
  std::uint32_t count = 0;  // the upper half is reserved
  std::memcpy(&count, bytes->data(), sizeof count);
  topic.judge(smi, count == 0, Verdict::warn,
              fmt::format("{} since power-on{}", count, count == 0 ? "" : ": must not grow"));
}

}  // namespace

std::vector<Row> x86_rows(const Host& host, const Target& target) {
  Topic topic{"x86", host, target};
  add_cpu_flags(topic);
  add_split_lock(topic);
  add_cstate_limit(topic);
  add_mce(topic);
  add_smi(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
