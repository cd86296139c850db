// SPDX-License-Identifier: Apache-2.0
#include "host/linux_host.h"

namespace takt::linux_host {
namespace {

/// Calls `see` with each word of the command line that is the kernel's.
template <class See>
void each_word(const HostFiles& host, See see) {
  const auto text = host.read("proc/cmdline");
  if (!text) return;
  for (const std::string_view word : words_of(*text)) {
    if (word == "--") return;
    see(word);
  }
}

}  // namespace

bool is_preempt_rt(const HostFiles& host) {
  if (const auto flag = host.number("sys/kernel/realtime"); flag && *flag == 1) return true;
  const auto version = host.read("proc/version");
  return version && version->find("PREEMPT_RT") != std::string::npos;
}

std::string kernel_parameter(const HostFiles& host, std::string_view key) {
  std::string value;
  each_word(host, [&](std::string_view word) {
    if (word.starts_with(key) && word.substr(key.size()).starts_with('='))
      value = word.substr(key.size() + 1);
  });
  return value;
}

bool has_kernel_word(const HostFiles& host, std::string_view word) {
  bool found = false;
  each_word(host, [&](std::string_view w) { found |= w.substr(0, w.find('=')) == word; });
  return found;
}

int kernel_version(const HostFiles& host) {
  const auto release = host.line("proc/sys/kernel/osrelease");
  if (!release) return 0;
  const std::string_view text = *release;
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return 0;
  const std::string_view rest = text.substr(dot + 1);
  const auto major = parse_number(text.substr(0, dot));
  const auto minor = parse_number(rest.substr(0, rest.find_first_not_of("0123456789")));
  if (!major || !minor || *major < 0 || *major > 1000 || *minor < 0 || *minor > 99) return 0;
  return static_cast<int>(*major * 100 + *minor);
}

}  // namespace takt::linux_host
