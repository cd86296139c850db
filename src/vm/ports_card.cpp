// SPDX-License-Identifier: Apache-2.0
// The virtio console: a port for each configured one, each with a console of the host's.
#include "host/console.h"
#include "virtio/console.h"
#include "vm/virtio_card.h"

namespace takt {
namespace {

struct HostPort {
  std::string name;
  std::unique_ptr<Console> console;
};

class PortsInside final : public VirtioInside {
 public:
  explicit PortsInside(std::vector<HostPort> ports)
      : ports_{std::move(ports)}, device_{described(ports_)} {}
  [[nodiscard]] virtio::Model& model() override { return device_; }

  void plugged(Guarded& guarded) override {
    for (std::size_t n = 0; n < ports_.size(); ++n) {
      ConsoleClient client;
      client.tx_resume = [this, &guarded, n] { guarded.with([&] { device_.tx_resume(n); }); };
      client.receive = [this, &guarded, n](std::span<const std::uint8_t> bytes) {
        return guarded.with([&] { return device_.receive(n, bytes); });
      };
      ports_[n].console->attach(std::move(client));
    }
  }
  [[nodiscard]] Result<> start() override {
    for (const HostPort& port : ports_) TRY_VOID(port.console->start(port.name));
    return {};
  }
  [[nodiscard]] std::vector<pid_t> threads() const override {
    std::vector<pid_t> all;
    for (const HostPort& port : ports_)
      for (const pid_t tid : port.console->threads()) all.push_back(tid);
    return all;
  }

 private:
  static std::vector<virtio::ConsolePort> described(const std::vector<HostPort>& ports) {
    std::vector<virtio::ConsolePort> all;
    for (const HostPort& port : ports)
      all.push_back({.name = port.name, .is_console = false, .sink = port.console.get()});
    return all;
  }

  std::vector<HostPort> ports_;
  virtio::ConsoleDevice device_;
};

}  // namespace

Result<std::unique_ptr<VirtioInside>> make_ports(const PciWorld& world, const PciDevice& device) {
  std::vector<HostPort> ports;
  for (const auto& [name, target] : world.config.ports) {
    auto endpoint = ConsoleEndpoint::open(target);
    if (!endpoint) return in_context(name, endpoint.error());
    TRY(auto console, Console::create(std::move(*endpoint), world.loop(device), world.id(device)));
    ports.push_back({name, std::move(console)});
  }
  return std::make_unique<PortsInside>(std::move(ports));
}

}  // namespace takt
