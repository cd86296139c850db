// SPDX-License-Identifier: Apache-2.0
// What an architecture brings to a VM: its devices and where they are, its memory map, the way its
// payloads start. board_x86.cpp is the one for x86; the build chooses.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/quiescence.h"
#include "base/result.h"
#include "bus/byte_sink.h"
#include "bus/dispatch.h"
#include "bus/guest_mem.h"
#include "bus/vm_control.h"
#include "host/console.h"
#include "kvm/system.h"
#include "kvm/vcpu_fd.h"
#include "kvm/vm_fd.h"
#include "vm/address_maps.h"
#include "vm/config.h"
#include "vm/pci_host.h"
#include "vm/servers.h"

namespace takt {

/// What the board's devices talk to. `debug_console` may be null.
struct BoardWiring {
  const GuestMem& mem;
  const GuestRam& ram;  // what is behind it
  VmControl& control;
  ByteSink& console;
  ByteSink* debug_console = nullptr;
  Servers& servers;
  const Quiescence& readers;  // who look at the dispatch tables
};

/// The files of the payload, as the user named them and as they are in memory.
struct PayloadFiles {
  std::span<const std::byte> kernel;
  std::optional<std::span<const std::byte>> initrd;
};

/// Something about the machine that is in force and that nobody configured, for --print-effective.
struct BoardFact {
  std::string key;
  std::string value;
};

/// Owns the device models and the dispatch tables. Everything but the buses is set-up.
class Board {
 public:
  virtual ~Board() = default;
  /// What is on the buses.
  [[nodiscard]] virtual AddressMaps& maps() = 0;
  /// Null when nothing is on the PCI bus.
  [[nodiscard]] virtual PciHost* pci() = 0;
  /// What the console's server does to the console device.
  [[nodiscard]] virtual ConsoleClient console_client() = 0;
  /// As a finger does: for 100 ms, in which it blocks. Neither a vCPU's thread nor a server's.
  /// False on a machine without.
  [[nodiscard]] virtual bool press_power_button() { return false; }
  [[nodiscard]] virtual std::vector<BoardFact> facts() const = 0;
  /// Tables and payload into memory; the boot vCPU at the payload's entry. Errors name the file
  /// that is wrong.
  [[nodiscard]] virtual Result<> prepare_boot(const VmConfig& config, const PayloadFiles& files,
                                              const GuestMem& mem,
                                              std::span<const kvm::VcpuFd> vcpus) = 0;
};

/// The argument of KVM_CREATE_VM. The error says what the host's KVM is too small for.
[[nodiscard]] Result<unsigned long> vm_type(const VmConfig& config, const kvm::System& system);

/// What the board needs of KVM before the first vCPU: interrupt controllers, kinds of exits.
[[nodiscard]] Result<> set_up_vm(const VmConfig& config, kvm::VmFd& vm);

/// What each vCPU is: CPUID, features.
[[nodiscard]] Result<> set_up_vcpus(const VmConfig& config, const kvm::VmFd& vm,
                                    std::span<const kvm::VcpuFd> vcpus);

/// The devices, wired to `vm`, which outlives the board. After set_up_vcpus().
[[nodiscard]] Result<std::unique_ptr<Board>> create_board(const VmConfig& config, kvm::VmFd& vm,
                                                          const BoardWiring& wiring);

/// Where `ram` is in guest-physical memory.
[[nodiscard]] std::vector<RamRegion> ram_regions(std::span<std::byte> ram);

/// `--dump-acpi`, `--dump-dtb` and their like: what the guest would be told about its machine.
[[nodiscard]] Result<> dump_tables(const VmConfig& config);

}  // namespace takt
