// SPDX-License-Identifier: Apache-2.0
#include "virtio/virtqueue.h"

#include "virtio/features.h"

namespace takt::virtio {

bool Virtqueue::enable(const GuestMem& mem, const QueueLayout& layout, std::uint64_t features) RT {
  const bool packed = (features & feature::ring_packed) != 0;
  disable();
  if (!(packed ? packed_.enable(mem, layout, features) : split_.enable(mem, layout, features)))
    return false;
  format_ = packed ? Format::packed : Format::split;
  size_ = layout.size;
  return true;
}

void Virtqueue::disable() RT {
  format_ = Format::none;
  size_ = 0;
  last_ = {};
}

Fault Virtqueue::fault() const RT {
  switch (format_) {
    case Format::none: return Fault::none;
    case Format::split: return split_.fault();
    case Format::packed: return packed_.fault();
  }
  return Fault::none;
}

void Virtqueue::undo_pop(ChainTicket ticket) RT {
  last_ = {};
  if (ticket.slots == 0) return;
  if (format_ == Format::split)
    split_.undo_pop(ticket);
  else if (format_ == Format::packed)
    packed_.undo_pop(ticket);
}

void Virtqueue::publish() RT {
  if (format_ == Format::split)
    split_.publish();
  else if (format_ == Format::packed)
    packed_.publish();
}

void Virtqueue::disable_kicks() RT {
  if (format_ == Format::split)
    split_.disable_kicks();
  else if (format_ == Format::packed)
    packed_.disable_kicks();
}

bool Virtqueue::enable_kicks() RT {
  if (format_ == Format::split) return split_.enable_kicks();
  return format_ == Format::packed && packed_.enable_kicks();
}

}  // namespace takt::virtio
