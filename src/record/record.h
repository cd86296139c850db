// SPDX-License-Identifier: Apache-2.0
// One thing that a thread did and how long it took: what the flight recorder is made of.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/units.h"

namespace takt {

enum class RecordKind : std::uint8_t {
  // A vCPU's exits to takt. at: KVM_RUN returned; took: until the guest could go on.
  pio,           // address: the port
  mmio,          // address: guest-physical
  system_event,  // the guest's firmware call
  odd_access,    // an access that KVM cannot take apart
  interrupted,   // a signal or a request to stop
  other_exit,
  // Parts of the above, or of a server's job.
  irq,   // an interrupt line was driven. address: the GSI; detail: the level; took: the system call
  wait,  // for a server's answer. address: the offset in the device
  // A device server's.
  wake,    // at: its bell was rung; took: until it ran
  queued,  // at: an access was posted; took: until its job began. address: how many lay before it
  job,     // an access, or an event from outside, was handled. address: the offset in the device
};
inline constexpr std::size_t record_kinds = std::to_underlying(RecordKind::job) + 1;

/// The words that users see, in the order of the enumeration.
inline constexpr std::array<std::string_view, record_kinds> record_kind_names{
    "pio", "mmio", "system_event", "odd_access", "interrupted", "other_exit",
    "irq", "wait", "wake",         "queued",     "job"};
[[nodiscard]] constexpr std::string_view record_kind_name(RecordKind kind) {
  return record_kind_names[std::to_underlying(kind)];
}

/// Times are cycles() (base/cycles.h).
struct Record {
  std::uint64_t at = 0;
  std::uint64_t address = 0;
  std::uint32_t took = 0;  // 2^32 - 1: that or more
  RecordKind kind = RecordKind::other_exit;
  std::uint8_t detail = 0;  // of an access: its width in bytes, and write_detail for a write
  DeviceId device = {};     // none where no device is concerned

  static constexpr std::uint8_t write_detail = 0x80;
  [[nodiscard]] constexpr bool is_write() const { return (detail & write_detail) != 0; }
  [[nodiscard]] constexpr unsigned width() const { return detail & 0x7fu; }
};
static_assert(sizeof(Record) == 24);

/// What `detail` holds of an access of `bytes` bytes.
[[nodiscard]] constexpr std::uint8_t access_detail(std::uint64_t bytes, bool is_write) {
  return static_cast<std::uint8_t>((bytes & 0x7f) | (is_write ? Record::write_detail : 0u));
}

/// The cycles between two instants as `took` holds them.
[[nodiscard]] constexpr std::uint32_t took_cycles(std::uint64_t from, std::uint64_t until) {
  constexpr std::uint64_t most = 0xffff'ffff;
  const std::uint64_t took = until > from ? until - from : 0;  // two CPUs' counters: never below 0
  return static_cast<std::uint32_t>(took < most ? took : most);
}

}  // namespace takt
