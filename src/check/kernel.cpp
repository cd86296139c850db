// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "check/kernel_config.h"
#include "check/kernel_options.h"
#include "check/topic.h"
#include "host/linux_host.h"

namespace takt::check {
namespace {

constexpr Item preempt_rt_x86{"preempt-rt", "without PREEMPT_RT no latency of the host has a bound",
                              "apt install linux-image-rt-amd64 (Debian), boot it"};
constexpr Item preempt_rt_arm64{preempt_rt_x86.name, preempt_rt_x86.why,
                                "apt install linux-image-rt-arm64 (Debian), boot it"};
constexpr Item version{"kernel-version",
                       "PREEMPT_RT is part of Linux since 6.12; before, it was a patch beside it",
                       "a kernel of 6.12 or later (Debian 12: backports)"};
constexpr Item options{
    "kernel-options", "without them CPUs cannot be kept free of ticks, callbacks and other threads",
    "a kernel with CONFIG_NO_HZ_FULL, RCU_NOCB_CPU, CPU_ISOLATION, "
    "HIGH_RES_TIMERS=y"};
constexpr Item debugging{"kernel-debugging",
                         "debugging aids multiply the time of every lock and allocation",
                         "a kernel without these options"};

void add_options(Topic& topic) {
  const auto config = KernelConfig::read(topic.files);
  if (!config) {
    topic.na(options, config.error().text);
    return topic.na(debugging, config.error().text);
  }
  std::vector<std::string> missing, slow;
  for (const std::string_view option : wanted_options)
    if (!config->on(option)) missing.emplace_back(option);
  for (const std::string_view option : debug_options)
    if (config->on(option)) slow.emplace_back(option);
  topic.judge(options, missing.empty(), Verdict::fail,
              missing.empty() ? "all set" : "missing: " + some_of(missing));
  topic.judge(debugging, slow.empty(), Verdict::warn, slow.empty() ? "none" : some_of(slow));
}

}  // namespace

std::vector<Row> kernel_rows(const Host& host, const Target& target) {
  Topic topic{"kernel", host, target};
  const Item& preempt_rt = host.arch() == Arch::x86 ? preempt_rt_x86 : preempt_rt_arm64;
  const bool rt = linux_host::is_preempt_rt(host.files);
  if (const auto text = host.files.line("proc/version"); !text && !rt) {
    topic.na(preempt_rt, text.error().text);
  } else {
    topic.judge(preempt_rt, rt, Verdict::fail, rt ? "PREEMPT_RT" : "not PREEMPT_RT");
  }
  if (const int number = host.kernel_version(); number == 0) {
    topic.na(version, "/proc/sys/kernel/osrelease cannot be read");
  } else {
    topic.judge(version, number >= 612, Verdict::warn,
                host.files.line("proc/sys/kernel/osrelease").value_or(""));
  }
  add_options(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
