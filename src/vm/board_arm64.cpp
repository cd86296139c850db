// SPDX-License-Identifier: Apache-2.0
// The arm64 board's devices.
#include <fmt/format.h>
#include <linux/kvm.h>

#include <bit>
#include <chrono>
#include <thread>

#include "bus/guarded.h"
#include "dev/debug_exit.h"
#include "dev/pl011.h"
#include "dev/pl031.h"
#include "dev/pl061.h"
#include "dev/slow_device.h"
#include "dev/test_device.h"
#include "dev/uart16550.h"
#include "host/arm_host.h"
#include "host/fresh_memory.h"
#include "host/linux_host.h"
#include "host/system_clock.h"
#include "host/timer_alarm.h"
#include "kvm/irq_line.h"
#include "kvm/vcpu_arm64.h"
#include "kvm/vgic_arm64.h"
#include "vm/address_maps.h"
#include "vm/boot_arm64.h"
#include "vm/layout_arm64.h"
#include "vm/pci_host.h"
#include "vm/uart_client.h"

namespace takt {
namespace {

/// The end of a device's line at an SPI of the interrupt controller.
struct Spi {
  Spi(const kvm::VmFd& vm, std::uint32_t number) : pin{vm, kvm::spi_gsi(number)} {}
  kvm::IrqLine pin;
  LevelIrq line{pin};
};

/// PCI's I/O ports, which arm64 reaches by memory accesses: what is on the port bus.
class PioWindow final : public Device {
 public:
  explicit PioWindow(PioBus& pio) : pio_{pio} {}
  [[nodiscard]] std::string_view name() const override { return "pci-io"; }
  std::uint64_t read(Access access) RT override {
    return pio_.read(Port{access.offset}, access.width, access.from);
  }
  void write(Access access, std::uint64_t value) RT override {
    pio_.write(Port{access.offset}, access.width, value, access.from);
  }

 private:
  PioBus& pio_;
};

class BoardArm64 : public Board {
 public:
  BoardArm64(const VmConfig& config, kvm::VmFd& vm, const BoardWiring& wiring,
             std::unique_ptr<TimerAlarm> alarm)
      : config_{config},
        servers_{wiring.servers},
        uart_spi_{vm, layout::uart_spi},
        rtc_spi_{vm, layout::rtc_spi},
        gpio_spi_{vm, layout::gpio_spi},
        alarm_{std::move(alarm)},
        pl011_{uart_spi_.line, wiring.console},
        uart16550_{uart_spi_.line, wiring.console, layout::uart16550_reg_shift},
        pl031_{rtc_spi_.line, clock_, *alarm_},
        pl061_{gpio_spi_.line},
        debug_exit_{wiring.control},
        maps_{wiring.readers, wiring.servers, vm} {}

  [[nodiscard]] AddressMaps& maps() override { return maps_; }
  [[nodiscard]] PciHost* pci() override { return pci_.get(); }
  [[nodiscard]] ConsoleClient console_client() override;
  [[nodiscard]] bool press_power_button() override;
  [[nodiscard]] std::vector<BoardFact> facts() const override;
  [[nodiscard]] Result<> prepare_boot(const VmConfig& config, const PayloadFiles& files,
                                      const GuestMem& mem,
                                      std::span<const kvm::VcpuFd> vcpus) override {
    return boot_arm64(config, shape_, files, mem, vcpus);
  }

  Result<> create_gic(const kvm::VmFd& vm);
  Result<> create_pci(kvm::VmFd& vm, const GuestMem& mem, const GuestRam& ram);
  Result<> show_devices();
  Result<> add_eventfds(kvm::VmFd& vm);
  Result<> watch_alarm();

 private:
  [[nodiscard]] bool has_pl011() const { return config_.uart == UartModel::pl011; }
  Guarded& guard(std::string_view name, Device& model) {
    return servers_.guard(config_, name, model);
  }
  template <class Model>
  static Region<Gpa> at(Gpa start, Guarded& on_bus, const Model&,
                        std::uint64_t bytes = Model::region_bytes) {
    return {start, bytes, &on_bus, Model::widest, on_bus.id()};
  }
  /// A model whose every access is inline.
  template <class Model>
  Region<Gpa> at(Gpa start, Model& model, std::string_view name) {
    return {start, Model::region_bytes, &model, Model::widest, device_setting(config_, name).id};
  }

  const VmConfig& config_;
  Servers& servers_;
  SystemClock clock_;
  Spi uart_spi_;
  Spi rtc_spi_;
  Spi gpio_spi_;
  std::unique_ptr<TimerAlarm> alarm_;
  Pl011 pl011_;
  Uart16550 uart16550_;  // one of the two UARTs is on the bus
  Pl031 pl031_;
  Pl061 pl061_;
  DebugExit debug_exit_;
  ScratchRegisters test_registers_;
  FreshMemory fresh_memory_;
  SlowDevice slow_device_{clock_, fresh_memory_};
  Guarded& uart_ = has_pl011() ? guard("uart", pl011_) : guard("uart", uart16550_);
  Guarded& rtc_ = guard("rtc", pl031_);
  Guarded& gpio_ = guard("gpio", pl061_);
  Fd test_event_;

  kvm::Vgic vgic_;
  kvm::GicOffer gic_offer_;
  MachineShape shape_;
  AddressMaps maps_;
  std::vector<std::unique_ptr<Spi>> pci_spis_;
  std::unique_ptr<PciHost> pci_;  // null: nothing is on the bus, so there is none
  PioWindow io_window_{maps_.pio()};
};

Result<> BoardArm64::create_pci(kvm::VmFd& vm, const GuestMem& mem, const GuestRam& ram) {
  if (pci_devices(config_).empty()) return {};
  TRY(auto routing, kvm::GsiRouting::create(vm));
  pci_ = std::make_unique<PciHost>(config_, mem, ram, vm, servers_, maps_, std::move(routing),
                                   shape_.its);
  return pci_->create({.io = {0x1000, layout::pci_io_bytes - 0x1000},
                       .mem32 = {layout::pci_mem32, layout::pci_mem32_bytes},
                       .mem64 = {},
                       .virtio_mmio = layout::virtio_mmio},
                      [this, &vm](const PciDevice& device) {
                        const std::uint32_t first =
                            device.mmio ? layout::virtio_first_spi : layout::pci_first_spi;
                        pci_spis_.push_back(std::make_unique<Spi>(vm, first + device.slot));
                        return PciPin{pci_spis_.back()->pin, 0};
                      });
}

Result<> BoardArm64::show_devices() {
  constexpr std::uint64_t uart16550_bytes = Uart16550::region_bytes << layout::uart16550_reg_shift;
  // clang-format off
  std::vector<Region<Gpa>> regions{
      has_pl011()
          ? at(layout::uart, uart_, pl011_)
          : at(layout::uart, uart_, uart16550_, uart16550_bytes),
      at(layout::rtc,        rtc_,         pl031_),
      at(layout::gpio,       gpio_,        pl061_),
  };
  // clang-format on
  if (config_.testdev) {
    TRY_VOID(fresh_memory_.reserve());
    regions.push_back(at(layout::debug_exit, debug_exit_, "debug-exit"));
    regions.push_back(at(layout::test_registers, test_registers_, "test-registers"));
    regions.push_back(at(layout::slow_device, guard("slow", slow_device_), slow_device_));
  }
  if (pci_) regions.insert(regions.end(), pci_->mmio().begin(), pci_->mmio().end());
  if (count_pci(config_) != 0) {
    const DeviceId id = device_setting(config_, "pci").id;
    regions.push_back(
        {layout::pci_ecam, pci::Ecam::region_bytes, &pci_->ecam(), pci::Ecam::widest, id});
    regions.push_back({layout::pci_io, layout::pci_io_bytes, &io_window_, Width::b4, id});
  }
  TRY_VOID(maps_.show({}, std::move(regions)));
  if (count_pci(config_) != 0) pci_->show();
  return {};
}

Result<> BoardArm64::add_eventfds(kvm::VmFd& vm) {
  if (!config_.testdev) return {};
  TRY(test_event_, make_eventfd());
  return vm.add_eventfd(layout::test_eventfd, Width::b4, test_event_);
}

Result<> BoardArm64::create_gic(const kvm::VmFd& vm) {
  gic_offer_ = kvm::gic_offer(vm);
  const bool v3 =
      config_.gic == GicChoice::v3 || (config_.gic == GicChoice::automatic && gic_offer_.v3);
  if (!gic_offer_.v2 && !gic_offer_.v3)
    return env_error(
        "this host's KVM has no virtual GICv2 or GICv3: its interrupt controller does not "
        "virtualize");
  if (v3 ? !gic_offer_.v3 : !gic_offer_.v2)
    return env_error(
        fmt::format("gic = {}: this host's KVM has no such interrupt controller; it has {}",
                    v3 ? "v3" : "v2", v3 ? "v2" : "v3"));
  if (!v3 && config_.cpus > kvm::gicv2_most_cpus)
    return usage_error(
        fmt::format("cpus = {}: a GICv2 takes at most {}", config_.cpus, kvm::gicv2_most_cpus));
  shape_.gic = v3 ? kvm::GicVersion::v3 : kvm::GicVersion::v2;
  shape_.its = v3 && gic_offer_.its;
  shape_.pmu = kvm::has_pmu(vm);
  TRY(vgic_, kvm::Vgic::create(vm, shape_.gic, shape_.its,
                               {.distributor = layout::gic_distributor,
                                .redistributors = layout::redistributors,
                                .its = layout::its,
                                .cpu_interface = layout::gicv2_cpu_interface}));
  return {};
}

ConsoleClient BoardArm64::console_client() {
  return has_pl011() ? uart_client(uart_, pl011_) : uart_client(uart_, uart16550_);
}

/// Linux's gpio-keys waits 5 ms before it believes a pin.
bool BoardArm64::press_power_button() {
  gpio_.with([this] { pl061_.set_input(layout::power_button_pin, true); });
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  gpio_.with([this] { pl061_.set_input(layout::power_button_pin, false); });
  return true;
}

Result<> BoardArm64::watch_alarm() {
  const auto due = [this] { rtc_.with([this] { pl031_.alarm_fired(); }); };
  return alarm_->watch_by(servers_.loop_of(config_, "rtc"), rtc_.id(), due);
}

std::vector<BoardFact> BoardArm64::facts() const {
  const std::string_view gic = shape_.gic == kvm::GicVersion::v2 ? "v2"
                               : shape_.its                      ? "v3 with ITS"
                                                                 : "v3";
  const std::string_view v5 = !gic_offer_.v5_known ? "unknown to this build"
                              : gic_offer_.v5      ? "present"
                                                   : "absent";
  return {{"gic", std::string{gic}},
          {"gicv4", arm_host::gicv4_in_use() ? "in use" : "not in use"},
          {"gicv5", std::string{v5}},
          {"pmu", shape_.pmu ? "yes" : "no"},
          {"wfi", arm_host::wfi_policy_text()},
          {"wfe", arm_host::wfe_policy_text()}};
}

/// See arm_host.h: a vCPU that such a host can never run.
Result<> check_gicv4(const VmConfig& config) {
  if (!arm_host::gicv4_in_use() || !linux_host::is_preempt_rt()) return {};
  for (std::uint32_t id = 0; id < config.cpus; ++id) {
    const auto it = config.vcpus.find(id);
    const Placement placement = it == config.vcpus.end() ? Placement{} : it->second;
    if (placement.policy != Policy::other && placement.priority > arm_host::irq_thread_priority)
      continue;
    return env_error(fmt::format(
        "vcpu {}: on a PREEMPT_RT host with GICv4 (kvm-arm.vgic_v4_enable=1) its thread must be "
        "policy=fifo with a priority above {}, or the interrupt thread of its doorbell preempts it "
        "each time it enters the guest and the guest never runs; or boot the host without "
        "kvm-arm.vgic_v4_enable=1",
        id, arm_host::irq_thread_priority));
  }
  return {};
}

}  // namespace

Result<unsigned long> vm_type(const VmConfig& config, const kvm::System& system) {
  constexpr unsigned least = 32;             // arm64's KVM takes no smaller space
  constexpr unsigned without_a_choice = 40;  // before Linux 4.20
  const auto most = static_cast<unsigned>(system.extension(KVM_CAP_ARM_VM_IPA_SIZE));
  const auto end = (layout::ram + config.memory).raw();
  const unsigned needed = std::max(least, static_cast<unsigned>(std::bit_width(end - 1)));
  const unsigned limit = most == 0 ? without_a_choice : most;
  if (needed > limit)
    return usage_error(
        fmt::format("memory: {} MiB need {} bits of guest-physical address, this host's KVM has "
                    "{}: at most {} MiB",
                    config.memory >> 20, needed, limit,
                    ((std::uint64_t{1} << limit) - layout::ram.raw()) >> 20));
  return most == 0 ? 0 : KVM_VM_TYPE_ARM_IPA_SIZE(needed);
}

Result<> set_up_vm(const VmConfig&, kvm::VmFd& vm) {
  for (const std::uint32_t wanted : {KVM_CAP_ARM_SYSTEM_SUSPEND, KVM_CAP_ARM_NISV_TO_USER})
    if (vm.system().extension(static_cast<int>(wanted)) != 0) TRY_VOID(vm.enable(wanted, 0));
  return {};
}

Result<> set_up_vcpus(const VmConfig&, const kvm::VmFd& vm, std::span<const kvm::VcpuFd> vcpus) {
  for (const kvm::VcpuFd& vcpu : vcpus) TRY_VOID(kvm::init_vcpu(vm, vcpu));
  return {};
}

Result<std::unique_ptr<Board>> create_board(const VmConfig& config, kvm::VmFd& vm,
                                            const BoardWiring& wiring) {
  TRY(auto alarm, TimerAlarm::on_wall_clock());
  auto board = std::make_unique<BoardArm64>(config, vm, wiring, std::move(alarm));
  TRY_VOID(board->create_gic(vm));
  TRY_VOID(granted(config, check_gicv4(config)));
  TRY_VOID(board->create_pci(vm, wiring.mem, wiring.ram));
  TRY_VOID(board->show_devices());
  TRY_VOID(board->add_eventfds(vm));
  TRY_VOID(board->watch_alarm());
  return board;
}

std::vector<RamRegion> ram_regions(std::span<std::byte> ram) { return {{layout::ram, ram}}; }

}  // namespace takt
