// SPDX-License-Identifier: Apache-2.0
#include "check/kernel_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "boot/gunzip.h"
#include "check/kernel_options.h"

namespace takt::check {
namespace {

constexpr std::size_t config_bytes = 1_MiB;  // Debian's has 300 KiB

Result<std::string> unpack(const std::string& packed) {
  TRY(Gunzip gunzip, Gunzip::open(std::as_bytes(std::span{packed})));
  std::string text(config_bytes, '\0');
  TRY(const std::size_t n, gunzip.read(std::as_writable_bytes(std::span{text})));
  text.resize(n);
  return text;
}

}  // namespace

Result<KernelConfig> KernelConfig::read(const HostFiles& files) {
  TRY(const std::string release, files.line("proc/sys/kernel/osrelease"));
  if (release.contains('/')) return env_error("/proc/sys/kernel/osrelease is no release");
  auto text = files.read(fmt::format("boot/config-{}", release), config_bytes);
  if (text) return KernelConfig{std::move(*text)};
  const auto packed = files.read("proc/config.gz", config_bytes);
  if (!packed) return env_error(fmt::format("{}, nor /proc/config.gz", text.error().text));
  TRY(std::string unpacked, unpack(*packed));
  return KernelConfig{std::move(unpacked)};
}

std::string_view KernelConfig::value(std::string_view name) const {
  const std::string start = fmt::format("CONFIG_{}=", name);
  for (std::size_t at = 0; (at = text_.find(start, at)) != std::string::npos; ++at) {
    if (at != 0 && text_[at - 1] != '\n') continue;
    const std::string_view rest = std::string_view{text_}.substr(at + start.size());
    return rest.substr(0, rest.find('\n'));
  }
  return {};
}

bool is_option_of_interest(std::string_view config_line) {
  const auto is_its_name = [&](std::string_view name) {
    return config_line.starts_with("CONFIG_") && config_line.substr(7).starts_with(name) &&
           config_line.substr(7 + name.size()).starts_with('=');
  };
  return std::ranges::any_of(wanted_options, is_its_name) ||
         std::ranges::any_of(debug_options, is_its_name) || is_its_name(rt_group_sched);
}

}  // namespace takt::check
