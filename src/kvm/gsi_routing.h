// SPDX-License-Identifier: Apache-2.0
// The VM's interrupt routes (Linux, virt/kvm/api.rst, KVM_SET_GSI_ROUTING): what a signal on each
// GSI does. There is one table, and to change one route is to replace it as a whole.
//
// Who calls: set-up, then one thread at a time, which may block: the kernel waits until no CPU uses
// the old table any more (a grace period, milliseconds at times). Never a vCPU's thread, nor a
// server with a deadline. All memory is there after the last allocate().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "bus/msi.h"
#include "kvm/vm_fd.h"

namespace takt::kvm {

class GsiRouting {
 public:
  /// `vm` outlives the table, and (x86) has its interrupt controllers. Changes nothing yet.
  static Result<GsiRouting> create(const VmFd& vm);
  GsiRouting() = default;

  /// A GSI for one vector of the device with requester id `devid` (bus << 8 | devfn). Set-up only.
  /// It has no route yet. The error is that KVM has no more of them.
  Result<Gsi> allocate(std::uint32_t devid);

  /// From now on `gsi` is `message`. False, with the old routes in force, when KVM refuses it: a
  /// guest can bring that about, so it is no Error. Blocks for a grace period.
  [[nodiscard]] bool set(Gsi gsi, const MsiMessage& message);
  /// From now on `gsi` has no route: a signal on it does nothing. Blocks for a grace period.
  void clear(Gsi gsi);

  /// How many allocate() can give in all.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  struct Route {
    std::uint32_t devid = 0;
    std::optional<MsiMessage> message = {};
  };

  std::optional<MsiMessage>& message_of(Gsi gsi);
  [[nodiscard]] bool apply();

  const VmFd* vm_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t pins_ = 0;
  std::vector<Route> routes_;            // of GSI first_msi_gsi() and up
  std::vector<std::byte> request_ = {};  // a FlexHeader, the pins, room for all of routes_
};

}  // namespace takt::kvm
