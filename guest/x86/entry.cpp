// SPDX-License-Identifier: Apache-2.0
// From boot.S into the probe, with the command line of the Multiboot information.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/measure.h"
#include "x86/console.h"

namespace probe::x86 {
namespace {

constexpr std::uint32_t multiboot_loader_magic = 0x2bad'b002;

/// Beginning of the information structure. Multiboot 0.6.96, 3.3.
struct MultibootInfo {
  std::uint32_t flags;
  std::uint32_t mem_lower;
  std::uint32_t mem_upper;
  std::uint32_t boot_device;
  std::uint32_t cmdline;
};
static_assert(offsetof(MultibootInfo, cmdline) == 16);
constexpr std::uint32_t has_cmdline = 1u << 2;

/// A copy, because the loader's memory may be where the trampoline goes.
constinit std::array<char, 1024> command_line{};

std::string_view copy_command_line(const MultibootInfo& info) {
  if ((info.flags & has_cmdline) == 0) return {};
  const char* const from = reinterpret_cast<const char*>(std::uintptr_t{info.cmdline});
  for (std::size_t n = 0; n < command_line.size(); ++n) {
    if (from[n] == '\0') return {command_line.data(), n};
    command_line[n] = from[n];
  }
  fatal("command line: longer than 1023 characters", Leave::bad_command_line);
}

}  // namespace
}  // namespace probe::x86

extern "C" [[noreturn]] void x86_main(std::uint32_t magic, const probe::x86::MultibootInfo* info) {
  using namespace probe::x86;
  start_console();
  if (magic != multiboot_loader_magic) {
    probe::fatal("not started by a Multiboot loader", probe::Leave::unsupported_machine);
  }
  probe::run(copy_command_line(*info));
}
