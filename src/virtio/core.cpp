// SPDX-License-Identifier: Apache-2.0
#include "virtio/core.h"

#include "base/result.h"

namespace takt::virtio {

Core::Core(Model& model, const GuestMem& mem, Transport& transport, Bell& bell)
    : model_{model},
      mem_{mem},
      transport_{transport},
      bell_{bell},
      offered_{model.features() | (ring_features & model.ring_features())},
      vqs_(model.queue_sizes().size()) {
  if (vqs_.size() > most_queues) VMM_BUG("a virtio model with too many queues");
  set_defaults();
}

void Core::set_defaults() RT {
  const std::uint32_t generation = s_.config_generation;
  s_ = State{};
  s_.config_generation = generation;
  queues_resetting_ = 0;
  const auto sizes = model_.queue_sizes();
  for (std::size_t i = 0; i < vqs_.size(); ++i) s_.queues[i].size = sizes[i];
}

// --- features ---

void Core::select_device_features(std::uint32_t window) RT {
  if (!s_.resetting) s_.device_feature_select = window;
}

void Core::select_driver_features(std::uint32_t window) RT {
  if (!s_.resetting) s_.driver_feature_select = window;
}

std::uint32_t Core::device_features() const RT {
  const std::uint32_t window = s_.device_feature_select;
  return window < 2 ? static_cast<std::uint32_t>(offered_ >> (32 * window)) : 0;
}

std::uint32_t Core::driver_features() const RT {
  const std::uint32_t window = s_.driver_feature_select;
  return window < 2 ? static_cast<std::uint32_t>(s_.driver_features >> (32 * window)) : 0;
}

void Core::write_driver_features(std::uint32_t value) RT {
  if (s_.resetting || (s_.status & status::features_ok) != 0) return;
  const std::uint32_t window = s_.driver_feature_select;
  if (window >= 2) {
    s_.beyond_features |= value != 0;
    return;
  }
  const std::uint64_t others = s_.driver_features & (window == 0 ? ~0ull << 32 : 0xffff'ffffull);
  s_.driver_features = others | std::uint64_t{value} << (32 * window);
}

bool Core::features_will_do() const RT {
  const bool offered = (s_.driver_features & ~offered_) == 0 && !s_.beyond_features;
  return offered && (s_.driver_features & feature::version_1) != 0 &&
         model_.accepts(s_.driver_features);
}

// --- status ---

void Core::write_status(std::uint8_t value) RT {
  if (s_.resetting) return;
  if (value == 0) return reset();
  const auto added = static_cast<std::uint8_t>(value & ~s_.status);
  s_.status |= added & (status::acknowledge | status::driver | status::failed);
  if ((added & status::features_ok) != 0) {
    if (features_will_do())
      s_.status |= status::features_ok;
    else
      ++counters_.features_refused;
  }
  if ((added & status::driver_ok) != 0 && (s_.status & status::features_ok) != 0) start();
}

/// What was notified before is lost: the model looks at its queues in its first work().
void Core::start() RT {
  s_.status |= status::driver_ok;
  model_.start(s_.driver_features, vqs_, *this);
  bell_.ring();
}

void Core::reset() RT {
  if (!running() || model_.stop()) return finish_reset();
  s_.resetting = true;
  bell_.ring();
}

void Core::finish_reset() RT {
  for (Virtqueue& vq : vqs_) vq.disable();
  set_defaults();
  ++counters_.resets;
  transport_.after_reset();
}

// --- queues ---

void Core::select_queue(std::uint16_t queue) RT {
  if (!s_.resetting) s_.queue_select = queue;
}

const Core::Queue* Core::selected() const RT {
  return s_.queue_select < vqs_.size() ? &s_.queues[s_.queue_select] : nullptr;
}

std::uint16_t Core::largest_size() const RT {
  return selected() == nullptr ? std::uint16_t{0} : model_.queue_sizes()[s_.queue_select];
}

/// The selected queue, when the driver may describe it now.
Core::Queue* Core::writable_queue() RT {
  if (s_.resetting || s_.queue_select >= vqs_.size()) return nullptr;
  Queue& queue = s_.queues[s_.queue_select];
  return queue.enabled ? nullptr : &queue;
}

void Core::write_queue_size(std::uint16_t size) RT {
  Queue* queue = writable_queue();
  if (queue != nullptr && size != 0 && size <= largest_size())
    queue->size = size;
  else
    ++counters_.queues_refused;
}

std::uint64_t* Core::address_of(Ring ring) RT {
  Queue* queue = writable_queue();
  if (queue == nullptr) return nullptr;
  switch (ring) {
    case Ring::desc: return &queue->desc;
    case Ring::driver: return &queue->driver;
    case Ring::device: return &queue->device;
  }
  return nullptr;
}

void Core::write_queue_address_low(Ring ring, std::uint32_t value) RT {
  if (std::uint64_t* address = address_of(ring)) *address = (*address >> 32 << 32) | value;
}

void Core::write_queue_address_high(Ring ring, std::uint32_t value) RT {
  if (std::uint64_t* address = address_of(ring))
    *address = std::uint64_t{value} << 32 | (*address & 0xffff'ffff);
}

void Core::enable_queue() RT {
  Queue* queue = writable_queue();
  if (queue == nullptr) return;
  const unsigned index = s_.queue_select;
  const QueueLayout layout{.size = queue->size,
                           .desc = Gpa{queue->desc},
                           .driver = Gpa{queue->driver},
                           .device = Gpa{queue->device}};
  if ((s_.status & status::features_ok) == 0 ||
      !vqs_[index].enable(mem_, layout, s_.driver_features)) {
    ++counters_.queues_refused;
    return;
  }
  queue->enabled = true;
  if (!running()) return;
  model_.restart_queue(index);
  bell_.ring();
}

void Core::reset_queue() RT {
  if (s_.resetting || s_.queue_select >= vqs_.size()) return;
  Queue& queue = s_.queues[s_.queue_select];
  if (!queue.enabled || queue.resetting) return;
  if (!running() || model_.stop_queue(s_.queue_select)) return finish_queue_reset(s_.queue_select);
  queue.resetting = true;
  ++queues_resetting_;
  bell_.ring();
}

void Core::finish_queue_reset(unsigned queue) RT {
  vqs_[queue].disable();
  s_.queues[queue] = Queue{.size = model_.queue_sizes()[queue]};
}

void Core::retry_queue_resets() RT {
  for (unsigned i = 0; i < queues(); ++i) {
    if (!s_.queues[i].resetting || !model_.stop_queue(i)) continue;
    finish_queue_reset(i);
    --queues_resetting_;
  }
}

void Core::write_queue_vector(std::uint16_t vector) RT {
  if (!s_.resetting && s_.queue_select < vqs_.size()) s_.queues[s_.queue_select].vector = vector;
}

void Core::write_config_vector(std::uint16_t vector) RT {
  if (!s_.resetting) s_.config_vector = vector;
}

// --- the rest ---

void Core::notify(std::uint32_t queue) RT {
  if (queue >= vqs_.size() || !running() || s_.resetting) return;
  if (!s_.queues[queue].enabled || s_.queues[queue].resetting) return;
  model_.notified(queue);
  bell_.ring();
}

void Core::notify_all() RT {
  for (unsigned i = 0; i < queues(); ++i) notify(i);
}

std::uint64_t Core::read_config(std::uint64_t offset, Width width) RT {
  return model_.read_config(offset, width);
}

void Core::write_config(std::uint64_t offset, Width width, std::uint64_t value) RT {
  if (s_.resetting) return;
  model_.write_config(offset, width, value);
  bell_.ring();
}

Worked Core::work() RT {
  if (!running()) return Worked::nothing;
  const Worked worked = model_.work();
  if (s_.resetting) [[unlikely]] {
    if (model_.stop()) finish_reset();
  } else if (queues_resetting_ != 0) [[unlikely]] {
    retry_queue_resets();
  }
  return worked;
}

void Core::rest() RT {
  if (running()) model_.rest();
}

void Core::queue_used(unsigned queue) RT {
  if (running() && !s_.resetting && queue < vqs_.size()) transport_.queue_interrupt(queue);
}

void Core::config_changed() RT {
  ++s_.config_generation;
  if (running() && !s_.resetting) transport_.config_interrupt();
}

/// 2.1.2: the driver is told when it has set DRIVER_OK.
void Core::needs_reset() RT {
  if ((s_.status & status::needs_reset) != 0 || s_.resetting) return;
  s_.status |= status::needs_reset;
  ++counters_.needs_reset;
  if (running()) transport_.config_interrupt();
}

}  // namespace takt::virtio
