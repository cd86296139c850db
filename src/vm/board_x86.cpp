// SPDX-License-Identifier: Apache-2.0
// The x86 board's devices.
#include <optional>
#include <vector>

#include "bus/guarded.h"
#include "dev/acpi_pm.h"
#include "dev/debug_console.h"
#include "dev/debug_exit.h"
#include "dev/i8042.h"
#include "dev/rtc_cmos.h"
#include "dev/slow_device.h"
#include "dev/test_device.h"
#include "dev/uart16550.h"
#include "host/fresh_memory.h"
#include "host/system_clock.h"
#include "host/x86_host.h"
#include "kvm/cpuid_x86.h"
#include "kvm/irq_line.h"
#include "kvm/irqchip_x86.h"
#include "vm/address_maps.h"
#include "vm/board.h"
#include "vm/boot_x86.h"
#include "vm/layout_x86.h"
#include "vm/pci_host.h"
#include "vm/uart_client.h"

namespace takt {
namespace {

/// An input of the IOAPIC that PCI slots share.
struct PciPinX86 {
  PciPinX86(const kvm::VmFd& vm, Gsi gsi) : pin{vm, gsi} {}
  kvm::IrqLine pin;
  pci::SharedPin shared{pin};
};

class BoardX86 : public Board {
 public:
  BoardX86(const VmConfig& config, kvm::VmFd& vm, const BoardWiring& wiring)
      : config_{config},
        servers_{wiring.servers},
        com1_pin_{vm, layout::com1_gsi},
        com1_irq_{com1_pin_},
        uart16550_{com1_irq_, wiring.console},
        rtc_cmos_{clock_},
        i8042_{wiring.control},
        acpi_pm_{wiring.control},
        debug_exit_{wiring.control},
        maps_{wiring.readers, wiring.servers, vm} {
    if (wiring.debug_console != nullptr) debug_console_.emplace(*wiring.debug_console);
  }

  [[nodiscard]] AddressMaps& maps() override { return maps_; }
  [[nodiscard]] PciHost* pci() override { return pci_.get(); }
  [[nodiscard]] ConsoleClient console_client() override { return uart_client(com1_, uart16550_); }
  [[nodiscard]] std::vector<BoardFact> facts() const override;
  [[nodiscard]] Result<> prepare_boot(const VmConfig& config, const PayloadFiles& files,
                                      const GuestMem& mem,
                                      std::span<const kvm::VcpuFd> vcpus) override {
    return boot_x86(config, files, mem, vcpus.front());
  }

  Result<> create_pci(kvm::VmFd& vm, const GuestMem& mem, const GuestRam& ram);
  Result<> show_devices();
  Result<> add_eventfds(kvm::VmFd& vm);

 private:
  Guarded& guard(std::string_view name, Device& model) {
    return servers_.guard(config_, name, model);
  }
  template <class Model, class A>
  static Region<A> at(A start, Guarded& on_bus, const Model&) {
    return {start, Model::region_bytes, &on_bus, Model::widest, on_bus.id()};
  }
  /// A model whose every access is inline.
  template <class Model, class A>
  Region<A> at(A start, Model& model, std::string_view name) {
    return {start, Model::region_bytes, &model, Model::widest, device_setting(config_, name).id};
  }

  const VmConfig& config_;
  Servers& servers_;
  SystemClock clock_;
  kvm::IrqLine com1_pin_;
  LevelIrq com1_irq_;
  Uart16550 uart16550_;
  RtcCmos rtc_cmos_;
  I8042 i8042_;
  AcpiPm acpi_pm_;
  DebugExit debug_exit_;
  std::optional<DebugConsole> debug_console_;
  ScratchRegisters test_registers_;
  ScratchRegisters test_port_;
  FreshMemory fresh_memory_;
  SlowDevice slow_device_{clock_, fresh_memory_};
  Guarded& com1_ = guard("uart", uart16550_);
  Guarded& rtc_ = guard("rtc", rtc_cmos_);
  Guarded& keyboard_ = guard("keyboard", i8042_);
  Guarded& power_ = guard("power", acpi_pm_);
  Fd test_event_;

  AddressMaps maps_;
  std::vector<std::unique_ptr<PciPinX86>> pci_pins_;
  std::unique_ptr<PciHost> pci_;  // null: nothing is on the bus, so there is none
};

Result<> BoardX86::create_pci(kvm::VmFd& vm, const GuestMem& mem, const GuestRam& ram) {
  if (pci_devices(config_).empty()) return {};
  for (std::uint32_t n = 0; n < layout::pci_pins; ++n)
    pci_pins_.push_back(std::make_unique<PciPinX86>(vm, Gsi{layout::pci_first_gsi + n}));
  TRY(auto routing, kvm::GsiRouting::create(vm));
  pci_ =
      std::make_unique<PciHost>(config_, mem, ram, vm, servers_, maps_, std::move(routing), true);
  return pci_->create({.io = {layout::pci_io, layout::pci_io_bytes},
                       .mem32 = {layout::pci_mem32, layout::pci_mem32_bytes},
                       .mem64 = {},
                       .virtio_mmio = layout::virtio_mmio},
                      [this](const PciDevice& device) {
                        const std::uint32_t pin = device.slot % layout::pci_pins;
                        return PciPin{pci_pins_[pin]->shared.input(),
                                      static_cast<std::uint8_t>(layout::pci_first_gsi + pin)};
                      });
}

Result<> BoardX86::show_devices() {
  // clang-format off
  std::vector<Region<Port>> pio{
      // at                  on the bus    model
      at(layout::i8042,      keyboard_,    i8042_),
      at(layout::rtc,        rtc_,         rtc_cmos_),
      at(layout::debug_exit, debug_exit_,  "debug-exit"),
      at(layout::com1,       com1_,        uart16550_),
      at(layout::acpi_pm,    power_,       acpi_pm_),
  };
  // clang-format on
  std::vector<Region<Gpa>> mmio;
  if (debug_console_)
    pio.push_back(
        at(layout::debug_console, guard("debug-console", *debug_console_), *debug_console_));
  if (config_.testdev) {
    TRY_VOID(fresh_memory_.reserve());
    pio.push_back({layout::test_port, 4, &test_port_, Width::b4,
                   device_setting(config_, "test-registers").id});
    mmio.push_back(at(layout::test_registers, test_registers_, "test-registers"));
    mmio.push_back(at(layout::slow_device, guard("slow", slow_device_), slow_device_));
  }
  if (pci_) mmio.insert(mmio.end(), pci_->mmio().begin(), pci_->mmio().end());
  if (count_pci(config_) != 0) {
    const DeviceId id = device_setting(config_, "pci").id;
    pio.push_back({layout::pci_config_ports, pci::ConfigPorts::region_bytes, &pci_->config_ports(),
                   pci::ConfigPorts::widest, id});
    mmio.push_back(
        {layout::pci_ecam, pci::Ecam::region_bytes, &pci_->ecam(), pci::Ecam::widest, id});
  }
  TRY_VOID(maps_.show(std::move(pio), std::move(mmio)));
  if (count_pci(config_) != 0) pci_->show();
  return {};
}

Result<> BoardX86::add_eventfds(kvm::VmFd& vm) {
  if (!config_.testdev) return {};
  TRY(test_event_, make_eventfd());
  return vm.add_eventfd(layout::test_eventfd, Width::b1, test_event_);
}

std::vector<BoardFact> BoardX86::facts() const {
  return {{"apic_virtualization", x86_host::has_apicv() ? "yes" : "no"},
          {"invariant_tsc", x86_host::tsc_is_invariant() ? "yes" : "no"}};
}

}  // namespace

Result<unsigned long> vm_type(const VmConfig&, const kvm::System&) { return 0; }

Result<std::unique_ptr<Board>> create_board(const VmConfig& config, kvm::VmFd& vm,
                                            const BoardWiring& wiring) {
  auto board = std::make_unique<BoardX86>(config, vm, wiring);
  TRY_VOID(board->create_pci(vm, wiring.mem, wiring.ram));
  TRY_VOID(board->show_devices());
  TRY_VOID(board->add_eventfds(vm));
  return board;
}

Result<> set_up_vm(const VmConfig& config, kvm::VmFd& vm) {
  TRY_VOID(kvm::create_irqchip(vm));
  if (config.pit) TRY_VOID(kvm::create_pit(vm));
  return {};
}

std::vector<RamRegion> ram_regions(std::span<std::byte> ram) {
  if (ram.size() <= layout::low_ram_max) return {{layout::low_ram, ram}};
  return {{layout::low_ram, ram.first(layout::low_ram_max)},
          {layout::high_ram, ram.subspan(layout::low_ram_max)}};
}

}  // namespace takt
