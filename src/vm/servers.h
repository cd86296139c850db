// SPDX-License-Identifier: Apache-2.0
// The device servers of a VM, and which device is on which.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "bus/dispatch.h"
#include "bus/guarded.h"
#include "bus/served.h"
#include "kvm/ioeventfd.h"
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

  /// What the model does on its server beside accesses, atomic with respect to them. `guarded` is
  /// the device's, from guard(). Before start().
  void add_work(const VmConfig& config, std::string_view name, Guarded& guarded, Work& work);

  /// A doorbell that somebody else than the server hears: `event`, which stays the caller's. Before
  /// make_doorbells().
  void ring_instead(const Guarded& guarded, std::uint32_t offset, const Fd& event);

  // Registers that are doorbells (Run::eventfd) are eventfds of KVM's, which the devices' servers
  // watch. All three on one thread at a time; the last two block for grace periods of the kernel's.
  /// After the last guard(), before start().
  Result<> make_doorbells();
  /// Takes those away that `table` does not have where they are.
  void remove_doorbells(const Table<Gpa>& table);
  /// Gives those to KVM that it does not have. The first error, after all were tried: an access to
  /// such a doorbell is an exit and works in the same way.
  Result<> place_doorbells(const kvm::VmFd& vm, const Table<Gpa>& table);

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
  /// Stays where it is: its watcher keeps a reference.
  struct Doorbell {
    Guarded& guarded;
    std::uint32_t offset = 0;
    Width width = Width::b4;
    Fd rung = {};
    const Fd* instead = nullptr;  // of rung: nobody is watching
    kvm::Ioeventfd at_kvm = {};
    std::optional<Gpa> at = {};  // where KVM has it
    [[nodiscard]] const Fd& event() const { return instead != nullptr ? *instead : rung; }
    void ring() RT { guarded.doorbell(offset, width); }
  };
  [[nodiscard]] static std::optional<Gpa> place_of(const Doorbell& bell, const Table<Gpa>& table);
  Result<> make_doorbell(const Port& port, const AccessRule& rule);

  std::vector<Port> ports_;
  std::vector<const Served*> served_;  // those of ports_ that are
  std::vector<std::unique_ptr<Work>> works_;
  std::deque<Doorbell> doorbells_;
  std::map<std::pair<const Guarded*, std::uint32_t>, const Fd*> instead_;
  std::vector<std::unique_ptr<Server>> servers_;
};

}  // namespace takt
