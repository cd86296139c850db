// SPDX-License-Identifier: Apache-2.0
// Message-signalled interrupts as a device sees them: a vector that can be fired.
#pragma once

#include <cstdint>

#include "base/rt.h"

namespace takt {

/// What a device writes to interrupt a CPU. PCI Local Bus 3.0, 6.8.1.
struct MsiMessage {
  std::uint64_t address = 0;
  std::uint32_t data = 0;
  bool operator==(const MsiMessage&) const = default;
};

/// One vector of a device: kvm/ implements it by an irqfd and a GSI whose route is the message;
/// tests count with it.
class MsiVector {
 public:
  virtual ~MsiVector() = default;
  /// One write to an eventfd; the delivery is done in the caller's context. Any thread, does not
  /// block. Before the first set_message() nothing happens.
  virtual void fire() RT = 0;
  /// Where fire() goes from now on. Blocks for a grace period of the kernel's, so it is called by
  /// the server of `pci` alone, never by a vCPU's thread or a real-time server. A message that KVM
  /// refuses leaves the vector silent, and is counted.
  virtual void set_message(const MsiMessage& message) = 0;

  // For those that parts of the host's kernel signal by themselves (vhost).
  /// The eventfd, constant; -1 when the vector has none.
  [[nodiscard]] virtual int event() const RT { return -1; }
  /// Whether a signal of the eventfd is an interrupt. When it is not, who watches the eventfd is
  /// told. Blocks as set_message() does, on the same thread.
  virtual void let_through(bool /*on*/) {}
};

}  // namespace takt
