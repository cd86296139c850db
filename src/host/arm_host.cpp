// SPDX-License-Identifier: Apache-2.0
#include "host/arm_host.h"

#include <fmt/format.h>

#include <fstream>

namespace takt::arm_host {
namespace {

/// The value of the last `key`=VALUE on the kernel's command line; "" when there is none.
std::string kernel_parameter(const std::filesystem::path& root, std::string_view key) {
  std::ifstream cmdline{root / "proc/cmdline"};
  std::string value;
  for (std::string word; cmdline >> word;)
    if (word.starts_with(key) && word.size() > key.size() && word[key.size()] == '=')
      value = word.substr(key.size() + 1);
  return value;
}

std::string policy_text(const std::string& policy, std::string_view otherwise) {
  if (policy == "trap") return "always exits (trap)";
  if (policy == "notrap") return "never exits (notrap)";
  return std::string{otherwise};
}

}  // namespace

bool gicv4_in_use(const std::filesystem::path& root) {
  std::ifstream interrupts{root / "proc/interrupts"};
  for (std::string line; std::getline(interrupts, line);)
    if (line.find("GICv4") != std::string::npos) return true;
  return false;
}

bool is_preempt_rt(const std::filesystem::path& root) {
  std::ifstream file{root / "sys/kernel/realtime"};
  int value = 0;
  return file >> value && value == 1;
}

std::string wfi_policy_text(const std::filesystem::path& root) {
  return policy_text(kernel_parameter(root, "kvm-arm.wfi_trap_policy"),
                     "exits, except with GICv4 while no other thread wants the CPU (default)");
}

std::string wfe_policy_text(const std::filesystem::path& root) {
  return policy_text(kernel_parameter(root, "kvm-arm.wfe_trap_policy"),
                     "exits while another thread wants the CPU (default)");
}

}  // namespace takt::arm_host
