// SPDX-License-Identifier: Apache-2.0
// The device servers of a VM, and which device is on which.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "bus/dispatch.h"
#include "bus/guarded.h"
#include "bus/served.h"
#include "kvm/vm_fd.h"
#include "vm/config.h"
#include "vm/devices.h"
#include "vm/server.h"

namespace takt {

class Servers {
 public:
  /// A server for each name of server_names(config).
  static Result<Servers> create(const VmConfig& config);

  /// What stands before `model` on the bus, by what is configured for the device `name` of
  /// device_rows(). Both outlive the machine's run. Before start().
  Guarded& guard(const VmConfig& config, std::string_view name, Device& model);
  /// The loop that the device's outside is to be watched by. Before start().
  [[nodiscard]] EventLoop& loop_of(const VmConfig& config, std::string_view name);

  /// Registers that are doorbells become eventfds of KVM's, which the devices' servers watch.
  Result<> add_doorbells(kvm::VmFd& vm, const Table<Gpa>& table);

  Result<> start();
  /// When no vCPU runs any more.
  void stop();

  [[nodiscard]] std::span<const std::unique_ptr<Server>> all() const { return servers_; }
  /// `name` is one of server_names().
  [[nodiscard]] Server& named(std::string_view name) const;
  /// Posted writes that found their ring full, over all devices. Any thread.
  [[nodiscard]] std::uint64_t back_pressure() const;

 private:
  struct Port {
    std::unique_ptr<Guarded> guarded;
    EventLoop& loop;
  };
  [[nodiscard]] Port* port_of(DeviceId id);
  Result<> add_doorbell(kvm::VmFd& vm, const Region<Gpa>& region, const AccessRule& rule,
                        const Port& port);

  std::vector<Port> ports_;
  std::vector<const Served*> served_;  // those of ports_ that are
  std::deque<Fd> doorbells_;           // its watchers keep references
  std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace takt
