// SPDX-License-Identifier: Apache-2.0
// Clocks, and the kernel's own watchdogs.
#include <fmt/format.h>

#include "check/posted_timer.h"
#include "check/topic.h"

namespace takt::check {
namespace {

constexpr Item nmi_watchdog{"nmi-watchdog",
                            "its NMI is an exit on each CPU, and it holds a PMU counter",
                            "boot with nmi_watchdog=0, or sysctl kernel.nmi_watchdog=0"};
constexpr Item watchdog_cpus{"watchdog-cpumask",
                             "lockup detectors run a timer on each of their CPUs",
                             "sysctl kernel.watchdog_cpumask=@rest, or boot with nowatchdog"};
constexpr Item migration{"timer-migration",
                         "decides on which CPU a posted timer, and timers of an idle CPU, expire",
                         "sysctl kernel.timer_migration=1"};
constexpr Item no_migration{migration.name, migration.why, "sysctl kernel.timer_migration=0"};
constexpr Item clocksource{"clocksource", "any other clock is slow to read, or drifts",
                           "look for 'clocksource' in dmesg; boot with tsc=nowatchdog on x86"};
constexpr Item hung_task{"hung-task", "khungtaskd walks all threads of the host",
                         "sysctl kernel.hung_task_timeout_secs=600"};

void add_watchdog_cpus(Topic& topic) {
  const auto on = topic.files.number("proc/sys/kernel/watchdog");
  if (on && *on == 0) return topic.pass(watchdog_cpus, "watchdogs are off");
  const auto cpus = topic.files.cpus("proc/sys/kernel/watchdog_cpumask");
  if (!cpus) return topic.na(watchdog_cpus, cpus.error().text);
  topic.judge(watchdog_cpus, common(*cpus, topic.target.cpus).count() == 0, Verdict::warn,
              fmt::format("CPUs {}", cpus->text()));
}

/// A CPU without a tick gives a timer of its own to one that is awake (Linux,
/// kernel/time/hrtimer.c, get_target_base): good where that one posts it to the vCPU, else the vCPU
/// is late by the other's work and woken by an IPI.
void add_migration(Topic& topic) {
  const auto value = topic.files.number("proc/sys/kernel/timer_migration");
  if (!value) return topic.na(migration, value.error().text);
  if (posted_timer(topic.host).on)
    return topic.judge(migration, *value == 1, Verdict::warn,
                       *value == 1
                           ? "1"
                           : "0: a posted timer (kvm.pi_inject_timer) stays on its vCPU's CPU "
                             "and exits");
  const auto tickless = topic.files.cpus("sys/devices/system/cpu/nohz_full");
  const bool gives_away =
      *value != 0 && tickless && common(*tickless, topic.target.cpus).count() != 0;
  topic.judge(no_migration, !gives_away, Verdict::warn,
              gives_away
                  ? fmt::format("{}, and no timer is posted: a halted vCPU's timer may expire "
                                "on a CPU that is busy with something else",
                                *value)
                  : fmt::format("{}, and no timer is posted", *value));
}

void add_clocksource(Topic& topic) {
  const auto name =
      topic.files.line("sys/devices/system/clocksource/clocksource0/current_clocksource");
  if (!name) return topic.na(clocksource, name.error().text);
  const bool good = *name == (topic.host.arch() == Arch::arm64 ? "arch_sys_counter" : "tsc");
  const bool virtual_host = *name == "kvm-clock" || name->starts_with("hyperv");
  topic.judge(clocksource, good, virtual_host ? Verdict::warn : Verdict::fail, *name);
}

}  // namespace

std::vector<Row> timer_rows(const Host& host, const Target& target) {
  Topic topic{"timers and watchdogs", host, target};
  const auto is_zero = [](std::int64_t n) { return n == 0; };
  add_clocksource(topic);
  add_migration(topic);
  topic.number(nmi_watchdog, "proc/sys/kernel/nmi_watchdog", is_zero);
  add_watchdog_cpus(topic);
  topic.number(hung_task, "proc/sys/kernel/hung_task_timeout_secs",
               [](std::int64_t n) { return n == 0 || n >= 600; });
  return std::move(topic).rows();
}

}  // namespace takt::check
