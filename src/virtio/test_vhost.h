// SPDX-License-Identifier: Apache-2.0
// For tests and fuzzers of VhostNet: a kernel that serves a pair of queues.
#pragma once

#include <array>
#include <optional>
#include <utility>

#include "bus/vhost_port.h"
#include "virtio/features.h"
#include "virtio/net_wire.h"

namespace takt::virtio::fakes {

/// A kernel that does what it is told, or refuses.
class FakePort final : public VhostPort {
 public:
  static constexpr std::uint64_t own_features =
      feature::version_1 | feature::event_idx | feature::ring_reset | net_feature::mrg_rxbuf;

  [[nodiscard]] std::uint64_t features() const RT override { return own_features; }
  [[nodiscard]] FrameOffloads send_offloads() const RT override { return {.csum = true}; }
  [[nodiscard]] FrameOffloads receive_offloads() const RT override { return {.csum = true}; }
  void set_receive_offloads(const FrameOffloads& offloads) RT override { received = offloads; }
  void set_in_use(bool used_now) RT override { in_use = used_now; }
  [[nodiscard]] bool set_features(std::uint64_t negotiated) RT override {
    misuses += runs[0] || runs[1];
    told = negotiated;
    return true;
  }
  [[nodiscard]] bool start(unsigned queue, const VhostRing& ring) RT override {
    misuses += runs[queue] || ring.desc == nullptr || ring.size == 0;
    if (refuses) return false;
    rings[queue] = ring;
    runs[queue] = true;
    return true;
  }
  std::uint16_t stop(unsigned queue) RT override {
    misuses += !runs[queue];
    runs[queue] = false;
    return next[queue];
  }
  void kick(unsigned queue) RT override {
    misuses += !runs[queue];
    ++kicks[queue];
  }
  [[nodiscard]] bool take_used(unsigned queue) RT override {
    return std::exchange(used[queue], false);
  }
  [[nodiscard]] bool take_broken(unsigned queue) RT override {
    return std::exchange(broken[queue], false);
  }

  unsigned misuses = 0;  // what VhostPort does not allow
  bool refuses = false;
  std::optional<bool> in_use;  // once it was said
  std::uint64_t told = 0;
  FrameOffloads received;
  std::array<VhostRing, queues> rings;
  std::array<bool, queues> runs{};
  std::array<std::uint16_t, queues> next{};
  std::array<bool, queues> used{};
  std::array<bool, queues> broken{};
  std::array<unsigned, queues> kicks{};
};

}  // namespace takt::virtio::fakes
