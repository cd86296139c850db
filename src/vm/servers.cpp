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

void Servers::add_work(const VmConfig& config, std::string_view name, Guarded& guarded,
                       Work& work) {
  works_.push_back(std::make_unique<GuardedWork>(guarded, work));
  loop_of(config, name).add(*works_.back());
}

void Servers::ring_instead(const Guarded& guarded, std::uint32_t offset, const Fd& event) {
  instead_[{&guarded, offset}] = &event;
}

Result<> Servers::make_doorbells() {
  for (const Port& port : ports_)
    for (const AccessRule& rule : port.guarded->rules().all())
      if (rule.write == Run::eventfd) TRY_VOID(make_doorbell(port, rule));
  return {};
}

Result<> Servers::make_doorbell(const Port& port, const AccessRule& rule) {
  Doorbell& bell = doorbells_.emplace_back(*port.guarded, rule.first);
  bell.width = static_cast<Width>(rule.last - rule.first + 1);
  const auto instead = instead_.find({port.guarded.get(), rule.first});
  if (instead != instead_.end()) {
    bell.instead = instead->second;
    return {};
  }
  TRY(bell.rung, make_eventfd());
  TRY([[maybe_unused]] const auto* watch,
      port.loop.watch(bell.rung.raw(), EventLoop::rung_eventfd, port.guarded->id(),
                      [&bell](std::uint32_t) { bell.ring(); }));
  return {};
}

std::optional<Gpa> Servers::place_of(const Doorbell& bell, const Table<Gpa>& table) {
  for (const Region<Gpa>& region : table.regions())
    if (region.device == &bell.guarded) return region.start + bell.offset;
  return std::nullopt;
}

void Servers::remove_doorbells(const Table<Gpa>& table) {
  for (Doorbell& bell : doorbells_) {
    if (!bell.at || bell.at == place_of(bell, table)) continue;
    bell.at_kvm = {};
    bell.at.reset();
  }
}

Result<> Servers::place_doorbells(const kvm::VmFd& vm, const Table<Gpa>& table) {
  Result<> first;
  for (Doorbell& bell : doorbells_) {
    const auto place = place_of(bell, table);
    if (bell.at || !place) continue;
    auto placed = kvm::Ioeventfd::any_width(vm, *place, bell.event());
    if (placed) {
      bell.at_kvm = std::move(*placed);
      bell.at = place;
    } else if (first) {
      first = std::unexpected(placed.error());
    }
  }
  return first;
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
