// SPDX-License-Identifier: Apache-2.0
#include "pci/msi.h"

#include <algorithm>
#include <bit>

#include "base/bits.h"

namespace takt::pci {
namespace {

/// 6.8.1.3.
struct Control {
  using maskable = Field<8, 8, std::uint16_t, bool>;
  using wide_address = Field<7, 7, std::uint16_t, bool>;
  using multiple_enable = Field<6, 4, std::uint16_t>;
  using multiple_capable = Field<3, 1, std::uint16_t>;
  using enable = Field<0, 0, std::uint16_t, bool>;
};

}  // namespace

Msi::Body Msi::body(std::size_t vectors, bool maskable) {
  std::uint16_t word = Control::wide_address::mask;
  word =
      Control::multiple_capable::set(word, static_cast<std::uint16_t>(std::bit_width(vectors) - 1));
  word = Control::maskable::set(word, maskable);
  const std::size_t size = (maskable ? 0x18u : 0x10u) - 2;
  Body body{std::vector<std::uint8_t>(size), std::vector<std::uint8_t>(size)};
  body.bytes[0] = static_cast<std::uint8_t>(word);
  body.bytes[1] = static_cast<std::uint8_t>(word >> 8);
  body.writable[0] = Control::enable::mask | Control::multiple_enable::mask;
  const auto writable = [&](std::size_t first, std::size_t end) {
    std::fill(body.writable.begin() + static_cast<long>(first - 2),
              body.writable.begin() + static_cast<long>(end - 2), std::uint8_t{0xff});
  };
  writable(Reg::address_low, Reg::data + 2);
  body.writable[Reg::address_low - 2] = 0xfc;
  if (maskable) writable(Reg::mask, Reg::pending);
  return body;
}

Msi::Msi(ConfigSpace& config, std::uint8_t capability, std::vector<MsiVector*> vectors,
         bool maskable)
    : config_{config}, capability_{capability}, maskable_{maskable}, sinks_{std::move(vectors)} {}

bool Msi::enabled() const RT {
  return Control::enable::get(
      static_cast<std::uint16_t>(config_.read(capability_ + control, Width::b2)));
}

std::uint16_t Msi::in_use() const RT {
  const auto word = static_cast<std::uint16_t>(config_.read(capability_ + control, Width::b2));
  const auto wanted = static_cast<std::uint16_t>(1u << Control::multiple_enable::get(word));
  return std::min(wanted, static_cast<std::uint16_t>(sinks_.size()));
}

/// 6.8.1.6: the low bits of the data say which vector it is.
MsiMessage Msi::message(std::uint16_t vector) const RT {
  const std::uint64_t high = config_.read(capability_ + address_high, Width::b4);
  const std::uint32_t word = config_.read(capability_ + data, Width::b2);
  return {.address = high << 32 | config_.read(capability_ + address_low, Width::b4),
          .data = (word & ~(in_use() - 1u)) | vector};
}

bool Msi::may_go(std::uint16_t vector) const RT {
  const std::uint32_t masked = maskable_ ? config_.read(capability_ + mask, Width::b4) : 0;
  return enabled() && (masked >> vector & 1) == 0 && (ready_ >> vector & 1) != 0;
}

void Msi::go_if_pending(std::uint16_t vector) RT {
  const std::uint32_t bit = 1u << vector;
  if (may_go(vector) && (pending_.fetch_and(~bit) & bit) != 0) sinks_[vector]->fire();
  show_pending();
}

void Msi::show_pending() RT {
  if (maskable_) settle_.settle([this] { config_.define_bits32(capability_ + pending, pending_); });
}

void Msi::fire(std::uint16_t vector) RT {
  if (!enabled()) return;
  const auto shared = static_cast<std::uint16_t>(vector & (in_use() - 1u));
  pending_.fetch_or(1u << shared);
  go_if_pending(shared);
}

bool Msi::written() RT {
  if (!enabled()) {
    pending_ = 0;
    show_pending();
    return false;
  }
  if (message(0) != seen_ || in_use() != seen_in_use_) ready_ = 0;
  seen_ = message(0);
  seen_in_use_ = in_use();
  for (std::uint16_t vector = 0; vector < seen_in_use_; ++vector) go_if_pending(vector);
  return ready_ == 0;
}

void Msi::route(std::uint16_t) {
  for (std::uint16_t vector = 0; vector < in_use(); ++vector) {
    const MsiMessage now = message(vector);
    sinks_[vector]->set_message(now);
    ready_.fetch_or(1u << vector);
    if (message(vector) != now) ready_ = 0;  // written meanwhile: another request comes
    go_if_pending(vector);
  }
}

}  // namespace takt::pci
