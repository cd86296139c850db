// SPDX-License-Identifier: Apache-2.0
#include "kvm/host_facts.h"

#include <fmt/format.h>
#include <linux/kvm.h>

#include "host/host_files.h"
#include "kvm/vm_fd.h"

namespace takt::kvm {
namespace {

constexpr int last_capability = 300;  // 7.2 is at 245; asking for more costs nothing
constexpr int last_device_type = 31;

constexpr std::string_view problem_key = "problem ";

}  // namespace

int HostFacts::capability(int number) const {
  const auto it = capabilities.find(number);
  return it == capabilities.end() ? 0 : it->second;
}

std::optional<bool> HostFacts::device(int type) const {
  const auto it = device_types.find(type);
  return it == device_types.end() ? std::nullopt : std::optional{it->second};
}

HostFacts read_host_facts() {
  HostFacts facts;
  const auto system = System::open();
  if (!system) {
    facts.problem = system.error().text;
    return facts;
  }
  for (int number = 0; number <= last_capability; ++number)
    if (const int value = system->extension(number); value != 0) facts.capabilities[number] = value;
  const auto vm = VmFd::create(*system, 0);
  if (!vm) return facts;
  for (int type = 1; type <= last_device_type; ++type)
    facts.device_types[type] = vm->has_device(static_cast<std::uint32_t>(type));
  return facts;
}

std::string to_text(const HostFacts& facts) {
  std::string text;
  if (!facts.problem.empty()) text += fmt::format("{}{}\n", problem_key, facts.problem);
  for (const auto& [number, value] : facts.capabilities)
    text += fmt::format("capability {} {}\n", number, value);
  for (const auto& [type, present] : facts.device_types)
    text += fmt::format("device {} {}\n", type, present ? 1 : 0);
  return text;
}

HostFacts host_facts_from(std::string_view text) {
  HostFacts facts;
  for (const std::string_view line : lines_of(text)) {
    if (line.starts_with(problem_key)) facts.problem = line.substr(problem_key.size());
    const auto words = words_of(line);
    if (words.size() != 3) continue;
    const auto number = parse_number(words[1]);
    const auto value = parse_number(words[2]);
    if (!number || !value || *number < 0 || *number > last_capability) continue;
    if (words[0] == "capability")
      facts.capabilities[static_cast<int>(*number)] = static_cast<int>(*value & 0x7fff'ffff);
    if (words[0] == "device") facts.device_types[static_cast<int>(*number)] = *value != 0;
  }
  return facts;
}

int vgic_v5_type() {
#ifdef KVM_DEV_TYPE_ARM_VGIC_V5
  return KVM_DEV_TYPE_ARM_VGIC_V5;
#else
  return -1;
#endif
}

}  // namespace takt::kvm
