// SPDX-License-Identifier: Apache-2.0
// The host that is looked at: this one, or a recorded one. Plain data and a reader of files; all
// rows are functions of it. Set-up only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/cpuid.h"
#include "host/host_files.h"
#include "kvm/host_facts.h"

namespace takt::check {

enum class Arch : std::uint8_t { x86, arm64 };

struct Host {
  HostFiles files = {};
  std::string machine = {};             // uname -m
  Result<std::string> kernel_log = {};  // or why it cannot be read
  kvm::HostFacts kvm = {};
  std::vector<CpuidLeaf> cpuid = {};

  [[nodiscard]] Arch arch() const { return machine == "aarch64" ? Arch::arm64 : Arch::x86; }
  /// Linux major * 100 + minor (6.12 is 612); 0 when it cannot be read.
  [[nodiscard]] int kernel_version() const;
};

[[nodiscard]] Host this_host();

/// What `takt check --record` wrote. An error when `root` is no directory, or is of a machine that
/// takt does not know.
[[nodiscard]] Result<Host> recorded_host(const std::filesystem::path& root);

/// Where a recording keeps what is not a file of the host's.
namespace recording {
inline constexpr std::string_view machine = "takt/machine";
inline constexpr std::string_view kernel_log = "takt/kernel-log";
inline constexpr std::string_view kvm = "takt/kvm";
inline constexpr std::string_view cpuid = "takt/cpuid";
inline constexpr std::string_view unreadable = "takt/unreadable";
}  // namespace recording

[[nodiscard]] std::string cpuid_text(const std::vector<CpuidLeaf>& leaves);
[[nodiscard]] std::vector<CpuidLeaf> cpuid_from(std::string_view text);

/// The messages of a kernel log that rows look at; the rest is nobody's business.
[[nodiscard]] std::string log_of_interest(std::string_view log);

}  // namespace takt::check
