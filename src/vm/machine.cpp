// SPDX-License-Identifier: Apache-2.0
#include "vm/machine.h"

#include <fmt/format.h>
#include <linux/kvm.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "base/address_space.h"
#include "base/rt_page_faults.h"
#include "vm/preflight.h"

namespace takt {
namespace {

/// Blocks the signals that are for the VM in this thread, and so for all that it starts.
Result<Fd> take_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPWR}) {
    struct sigaction action{};
    ::sigaction(number, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, number);  // nohup stays nohup
  }
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  Fd fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!fd) return sys_error("signalfd");
  return fd;
}

/// The number of a signal that has come, 0 if none has.
std::uint32_t read_signal(const Fd& signals) {
  signalfd_siginfo info{};
  if (::read(signals.raw(), &info, sizeof info) != sizeof info) return 0;
  return info.ssi_signo;
}

Outcome ended_by(std::uint32_t signal) {
  return {signal == SIGINT ? Ending::interrupted : Ending::terminated, signal};
}

}  // namespace

Result<std::unique_ptr<Machine>> Machine::create(VmConfig config) {
  TRY_VOID(check_config(config));
  TRY_VOID(judge(config, preflight(config, preflight_facts())));
  TRY(LifeCycle life, LifeCycle::create());
  std::unique_ptr<Machine> machine{new Machine{std::move(config), std::move(life)}};
  TRY_VOID(machine->open_files());
  TRY_VOID(machine->open_bundles());
  TRY_VOID(machine->create_vm());
  TRY_VOID(machine->create_memory());
  TRY_VOID(machine->create_vcpus());
  TRY_VOID(machine->create_servers_and_consoles());
  TRY_VOID(machine->create_board_and_boot());
  TRY_VOID(machine->start_host_tracer());
  return machine;
}

/// Also on the way out of a run() that failed half-way: nobody waits for a gate or a wake-up.
Machine::~Machine() {
  life_.request({Ending::quit});  // no vCPU enters the guest, whoever opens its gate
  stop_threads();
}

Result<> Machine::open_files() {
  if (auto kernel = WholeFile::read(config_.kernel))
    kernel_ = std::move(*kernel);
  else
    return in_context("kernel", {kernel.error().text, Blame::usage});
  TRY_VOID(open_trace_file());
  if (!config_.initrd) return {};
  if (auto initrd = WholeFile::read(*config_.initrd))
    initrd_ = std::move(*initrd);
  else
    return in_context("initrd", {initrd.error().text, Blame::usage});
  return {};
}

Result<> Machine::create_vm() {
  TRY(system_, kvm::System::open());
  const auto most = static_cast<std::uint32_t>(system_.extension(KVM_CAP_MAX_VCPUS));
  if (config_.cpus > most)
    return usage_error(
        fmt::format("cpus = {}: this host's KVM takes at most {}", config_.cpus, most));
  TRY(const unsigned long type, vm_type(config_, system_));
  TRY(vm_, kvm::VmFd::create(system_, type));
  TRY_VOID(granted(config_, vm_.check_disable_exits(config_.disable_exits)));
  TRY(disabled_exits_, vm_.disable_exits(config_.disable_exits));
  if (config_.halt_poll_ns) TRY_VOID(granted(config_, vm_.set_halt_poll_ns(*config_.halt_poll_ns)));
  return set_up_vm(config_, vm_);
}

Result<> Machine::create_memory() {
  TRY(ram_, GuestRam::create({.bytes = config_.memory,
                              .pages = config_.hugepages,
                              .prefault = is_on(config_.prefault, config_)}));
  mem_ = GuestMem{ram_regions(ram_.bytes())};
  std::uint32_t slot = 0;
  for (const RamRegion& region : mem_.regions())
    TRY_VOID(vm_.set_memslot(slot++, region.start, region.host));
  return {};
}

Result<> Machine::create_vcpus() {
  for (std::uint32_t id = 0; id < config_.cpus; ++id) {
    TRY(auto vcpu, kvm::VcpuFd::create(vm_, VcpuId{id}));
    vcpu_fds_.push_back(std::move(vcpu));
  }
  return set_up_vcpus(config_, vm_, vcpu_fds_);
}

Result<> Machine::create_servers_and_consoles() {
  TRY(power_button_, make_eventfd());
  TRY(servers_, Servers::create(config_));
  TRY(console_, open_console("console", "uart", config_.console));
  if (config_.debug_console.kind == ConsoleKind::none) return {};
  TRY(debug_console_, open_console("debug-console", "debug-console", config_.debug_console));
  return {};
}

/// `key` is the user's word for it.
Result<std::unique_ptr<Console>> Machine::open_console(std::string_view key,
                                                       std::string_view device,
                                                       const ConsoleTarget& target) {
  auto endpoint = ConsoleEndpoint::open(target);
  if (!endpoint) return in_context(key, endpoint.error());
  return Console::create(std::move(*endpoint), servers_.loop_of(config_, device),
                         device_setting(config_, device).id);
}

Result<> Machine::create_board_and_boot() {
  readers_ = std::make_unique<Quiescence>(config_.cpus);
  TRY(board_, create_board(config_, vm_,
                           {.mem = mem_,
                            .ram = ram_,
                            .control = life_,
                            .console = *console_,
                            .debug_console = debug_console_.get(),
                            .servers = servers_,
                            .readers = *readers_}));
  attach_consoles();
  PayloadFiles files{.kernel = kernel_.bytes(), .initrd = {}};
  if (config_.initrd) files.initrd = initrd_.bytes();
  TRY_VOID(board_->prepare_boot(config_, files, mem_, vcpu_fds_));
  kernel_ = {};
  initrd_ = {};
  return {};
}

Result<Outcome> Machine::run() {
  reserve_heap();
  TRY(const Fd signals, take_signals());
  TRY_VOID(prepare_host());
  TRY_VOID(lock_memory());
  TRY_VOID(start_threads());
  TRY_VOID(place_threads());
  TRY_VOID(place_helpers());
  TRY_VOID(join_resctrl());
  if (config_.print_effective) {
    TRY(const std::string json, effective_state());
    say(json);
  }
  TRY_VOID(watch_budgets());
  {
    const FrozenAddressSpace frozen;
    open_observer_gate();
    for (const auto& vcpu : vcpus_) vcpu->open_gate();
    place_late_helpers(signals);
    wait_for_end(signals);
  }
  stop_threads();
  write_trace_file();
  return life_.outcome();
}

/// What the user wants of takt itself is left to the main thread: a server has no time for it.
void Machine::attach_consoles() {
  ConsoleClient debug_port;
  debug_port.quit = [this] { life_.request({Ending::quit}); };
  debug_port.power_button = [this] { signal_eventfd(power_button_); };
  ConsoleClient uart = board_->console_client();
  uart.quit = debug_port.quit;
  uart.power_button = debug_port.power_button;
  console_->attach(std::move(uart));
  if (debug_console_) debug_console_->attach(std::move(debug_port));
}

Result<> Machine::start_threads() {
  for (const auto& server : servers_.all()) set_budgets(*server);
  TRY_VOID(servers_.start());
  TRY_VOID(console_->start("console"));
  if (debug_console_) TRY_VOID(debug_console_->start("debug"));
  if (PciHost* pci = board_->pci()) TRY_VOID(pci->start());
  for (auto& fd : vcpu_fds_) {
    vcpus_.push_back(std::make_unique<VcpuThread>(
        std::move(fd), VcpuWorld{.pio = board_->maps().pio(),
                                 .mmio = board_->maps().mmio(),
                                 .readers = *readers_,
                                 .life = life_,
                                 .devices = device_rows(config_).size()}));
    set_budgets(*vcpus_.back());
    TRY_VOID(vcpus_.back()->start());
  }
  vcpu_fds_.clear();
  if (!observer_.body) return {};
  TRY(observer_thread_, Thread::start(std::string{observer_.name}, [this] {
        observer_gate_.wait(false);
        observer_.body();
      }));
  return {};
}

Result<> Machine::lock_memory() const {
  if (!is_on(config_.mlock, config_)) return {};
  auto locked = lock_all_memory();
  if (locked) rt::watch_page_faults();
  return granted(config_, std::move(locked));
}

Result<> Machine::place(std::string_view what, pid_t tid, const Placement& placement) const {
  auto placed = place_thread(tid, placement);
  if (!placed) placed = in_context(what, placed.error());
  return granted(config_, std::move(placed));
}

Result<> Machine::place_threads() {
  for (const auto& [id, placement] : config_.vcpus)
    TRY_VOID(place(fmt::format("vcpu {}", id), vcpus_[id]->tid(), placement));
  for (const auto& [name, placement] : config_.servers) {
    TRY_VOID(place(fmt::format("server {}", name), servers_.named(name).tid(), placement));
    for (const pid_t tid : stand_ins(name))
      TRY_VOID(place(fmt::format("server {}: kernel thread {}", name, tid), tid, placement));
  }
  return {};
}

void Machine::wait_for_end(const Fd& signals) {
  std::array<pollfd, 3> fds{{{life_.event().raw(), POLLIN, 0},
                             {signals.raw(), POLLIN, 0},
                             {power_button_.raw(), POLLIN, 0}}};
  while (!life_.ended()) {
    ::poll(fds.data(), fds.size(), -1);
    const std::uint32_t signal = read_signal(signals);
    if (signal != 0 && signal != SIGPWR) life_.request(ended_by(signal));
    if (drain_eventfd(power_button_) || signal == SIGPWR) try_power_button();
  }
}

void Machine::stop_observer() {
  if (!observer_.stop) return;
  observer_.stop();
  open_observer_gate();
  observer_thread_.join();
  observer_ = {};
}

/// The observer may look at everything that was made before.
void Machine::open_observer_gate() {
  observer_gate_ = true;
  observer_gate_.notify_all();
}

void Machine::try_power_button() const {
  if (!press_power_button()) say("takt: this machine has no power button");
}

/// Who looks from outside first; then the vCPUs: they produce; then the servers, whose consoles
/// write out what is left.
void Machine::stop_threads() {
  stop_observer();
  if (watch_) watch_->stop();
  for (const auto& vcpu : vcpus_) vcpu->stop();
  servers_.stop();
}

std::string Machine::failure() const {
  for (const auto& vcpu : vcpus_)
    if (!vcpu->failure().empty()) return vcpu->failure();
  return "";
}

}  // namespace takt
