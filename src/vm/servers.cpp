// SPDX-License-Identifier: Apache-2.0
#include "vm/servers.h"

#include <algorithm>

#include "bus/serialized.h"

namespace takt {

Result<Servers> Servers::create(const VmConfig& config) {
  Servers servers;
  for (std::string& name : server_names(config)) {
    const auto poll_us = config.server_poll_us.find(name);
    TRY(auto server, Server::create(std::move(name), device_rows(config).size()));
    if (poll_us != config.server_poll_us.end())
      server->loop().poll_for(std::int64_t{poll_us->second} * 1000);
    servers.servers_.push_back(std::move(server));
  }
  return servers;
}

Guarded& Servers::guard(const VmConfig& config, std::string_view name, Device& model) {
  const DeviceSetting setting = device_setting(config, name);
  EventLoop& loop = named(setting.server).loop();
  if (setting.access == AccessPolicy::lock) {
    ports_.push_back({std::make_unique<Serialized>(model, setting.id), loop});
  } else {
    auto served = std::make_unique<Served>(model, setting.id, loop, config.cpus);
    loop.add(*served);
    served_.push_back(served.get());
    ports_.push_back({std::move(served), loop});
  }
  return *ports_.back().guarded;
}

Servers::Port* Servers::port_of(DeviceId id) {
  const auto it =
      std::ranges::find(ports_, id, [](const Port& port) { return port.guarded->id(); });
  return it == ports_.end() ? nullptr : &*it;
}

Result<> Servers::add_doorbells(kvm::VmFd& vm, const Table<Gpa>& table) {
  for (const Region<Gpa>& region : table.regions())
    if (const Port* port = port_of(region.id))
      for (const AccessRule& rule : port->guarded->rules().all())
        if (rule.write == Run::eventfd) TRY_VOID(add_doorbell(vm, region, rule, *port));
  return {};
}

Result<> Servers::add_doorbell(kvm::VmFd& vm, const Region<Gpa>& region, const AccessRule& rule,
                               const Port& port) {
  const auto width = static_cast<Width>(rule.last - rule.first + 1);
  TRY(Fd rung, make_eventfd());
  TRY_VOID(vm.add_eventfd(region.start + rule.first, width, rung));
  const auto ring = [&guarded = *port.guarded, offset = rule.first, width,
                     &fd = doorbells_.emplace_back(std::move(rung))](std::uint32_t) {
    drain_eventfd(fd);
    guarded.doorbell(offset, width);
  };
  TRY([[maybe_unused]] const auto* watch,
      port.loop.watch(doorbells_.back().raw(), EPOLLIN, region.id, ring));
  return {};
}

EventLoop& Servers::loop_of(const VmConfig& config, std::string_view name) {
  return named(device_setting(config, name).server).loop();
}

Server& Servers::named(std::string_view name) const {
  return **std::ranges::find(servers_, name, [](const auto& server) { return server->name(); });
}

Result<> Servers::start() {
  for (const auto& server : servers_) TRY_VOID(server->start());
  return {};
}

void Servers::stop() {
  for (const auto& server : servers_) server->stop();
}

std::uint64_t Servers::back_pressure() const {
  std::uint64_t sum = 0;
  for (const Served* served : served_) sum += served->back_pressure();
  return sum;
}

}  // namespace takt
