// SPDX-License-Identifier: Apache-2.0
// From boot.S into the probe, with what the device tree says.
#include "arm64/entry.h"

#include <cstddef>
#include <cstdint>

#include "arm64/console.h"
#include "arm64/cpu.h"
#include "arm64/interrupts.h"
#include "arm64/mmu.h"
#include "arm64/psci.h"
#include "common/measure.h"

extern "C" {
extern const char image_start[];  // probe.ld
extern const char image_end[];
std::uint64_t arm64_first_map(std::uint64_t tree);
[[noreturn]] void arm64_main(std::uint64_t tree, std::uint64_t level);
}

namespace probe::arm64 {
namespace {

/// booting.rst: the tree is no larger than 2 MiB.
constexpr std::size_t tree_max_bytes = 2u << 20;

constinit Platform the_platform{};
constinit unsigned the_entry_level = 0;

std::optional<DeviceTree> open_tree(std::uint64_t address) {
  if (address == 0 || address % 8 != 0) return std::nullopt;
  return DeviceTree::open({reinterpret_cast<const std::uint8_t*>(address), tree_max_bytes});
}

bool map_device(const Range& range) { return map(range, Memory::device); }

bool map_devices(const Platform& p) {
  bool mapped = map_device(p.debug_exit) && map_device(p.gic.distributor) &&
                map_device(p.gic.cpu_interface) && map_device(p.rtc) &&
                map_device(p.test_registers) && map_device(p.test_eventfd) && map_device(p.slow);
  for (const Range& r : p.gic.redistributors) mapped = mapped && map_device(r);
  return mapped;
}

/// Nothing can be said before the console works, so it goes first.
void start_devices(const Platform& p) {
  psci::use(p.psci);
  if (map_device(p.console.at)) start_console();
  if (map_devices(p)) return;
  fatal("device tree: a device is in the image's 2 MiB, beyond 48 bits, or too far from the others",
        Leave::unsupported_machine);
}

}  // namespace

const Platform& platform() { return the_platform; }
unsigned entry_level() { return the_entry_level; }

}  // namespace probe::arm64

/// With the MMU off: what `arm64_main` needs. Returns the translation table.
std::uint64_t arm64_first_map(std::uint64_t tree) {
  using namespace probe::arm64;
  const auto start = reinterpret_cast<std::uint64_t>(image_start);
  const auto end = reinterpret_cast<std::uint64_t>(image_end);
  map({start, end - start}, Memory::normal);
  map({tree, tree_max_bytes}, Memory::normal);
  return translation_table();
}

void arm64_main(std::uint64_t tree_address, std::uint64_t level) {
  using namespace probe::arm64;
  the_entry_level = static_cast<unsigned>(level);
  install_vectors();
  const auto tree = open_tree(tree_address);
  if (!tree) probe::fatal("no device tree", probe::Leave::unsupported_machine);
  the_platform = read_platform(*tree, affinity());
  start_devices(the_platform);
  probe::run(the_platform.command_line);
}
