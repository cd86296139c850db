// SPDX-License-Identifier: Apache-2.0
// A virtio device without its transport: what network, disk and the others implement, and what
// pci_transport and mmio_transport drive. virtio 1.2, chapters 2 and 3.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/rt.h"
#include "base/units.h"
#include "bus/work.h"
#include "virtio/features.h"
#include "virtio/virtqueue.h"

namespace takt::virtio {

/// The device's way to its driver: implemented by the transport. Any function may be called from
/// the device's server only, or under its lock.
class Interrupts {
 public:
  virtual ~Interrupts() = default;
  /// Buffers were used on `queue`: after Virtqueue::needs_interrupt() has said so.
  virtual void queue_used(unsigned queue) RT = 0;
  /// An eventfd that is as good as queue_used(), for the host's kernel to signal while the queue's
  /// vector stays the same; -1 when there is none.
  [[nodiscard]] virtual int event(unsigned /*queue*/) RT { return -1; }
  virtual void config_changed() RT = 0;
  /// The device cannot go on: DEVICE_NEEDS_RESET (2.1.2), and a configuration interrupt.
  virtual void needs_reset() RT = 0;
};

/// All of it is called on the device's server, or under the device's lock, as a model's read() and
/// write() are; bounded, never blocking. work() is called between start() and the end of stop()
/// only, also while stop() is still to become true.
class Model : public Work {
 public:
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual std::uint32_t device_id() const = 0;  // 5: 1 is a network card
  /// The device's own feature bits; the transport adds its own.
  [[nodiscard]] virtual std::uint64_t features() const = 0;
  /// Whether these features of its own do together (3.1.1, step 6).
  [[nodiscard]] virtual bool accepts(std::uint64_t /*features*/) const RT { return true; }
  /// Which of the ring features (virtio/features.h) may be offered; the rest stays the transport's.
  [[nodiscard]] virtual std::uint64_t ring_features() const { return ~std::uint64_t{0}; }
  /// The largest size of each queue, a power of two; as many as there are queues.
  [[nodiscard]] virtual std::span<const std::uint16_t> queue_sizes() const = 0;

  /// The device configuration (2.5); an access may have any width and alignment and may reach
  /// beyond its end (zeroes).
  [[nodiscard]] virtual std::uint64_t read_config(std::uint64_t offset, Width width) RT = 0;
  virtual void write_config(std::uint64_t offset, Width width, std::uint64_t value) RT = 0;

  /// The driver has set DRIVER_OK with these features. `queues` has one for each of queue_sizes(),
  /// of which the driver may have left some disabled (they give nothing), and stays where it is.
  /// What was made available before is not notified: work() follows, and looks at all queues.
  virtual void start(std::uint64_t features, std::span<Virtqueue> queues,
                     Interrupts& interrupts) RT = 0;
  /// A reset: no queue is touched from the time at which this returns true. When requests are under
  /// way it is false, and the transport asks again, from each work(), until it is true.
  [[nodiscard]] virtual bool stop() RT = 0;
  /// The same for one queue (2.6.1); the others go on.
  [[nodiscard]] virtual bool stop_queue(unsigned queue) RT = 0;
  /// A queue that was reset, or was disabled at start(), is enabled. work() follows.
  virtual void restart_queue(unsigned queue) RT = 0;
  /// The device may not reach memory until the next work(). Who lets others use the queues takes
  /// them back; who uses them in work() only has nothing to do.
  virtual void rest() RT {}
  /// The driver has notified `queue`, perhaps for nothing. Does little: work() follows.
  virtual void notified(unsigned queue) RT = 0;
};

}  // namespace takt::virtio
