// SPDX-License-Identifier: Apache-2.0
// A model for the tests of transports: it copies what a request lets it read into what it lets it
// write, and can be told to keep requests under way.
#pragma once

#include <array>
#include <cstring>
#include <vector>

#include "base/bits.h"
#include "virtio/model.h"

namespace takt::virtio::fakes {

class Loopback final : public Model {
 public:
  static constexpr std::uint64_t own_features = 1ull << 5 | 1ull << 50;
  static constexpr unsigned jobs_in_a_turn = 16;

  [[nodiscard]] std::string_view name() const override { return "loopback"; }
  [[nodiscard]] std::uint32_t device_id() const override { return id; }
  [[nodiscard]] std::uint64_t features() const override { return own_features; }
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override { return sizes; }

  [[nodiscard]] std::uint64_t read_config(std::uint64_t offset, Width width) RT override {
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < bytes(width); ++i)
      if (offset + i < config.size()) value |= std::uint64_t{config[offset + i]} << (8 * i);
    return value;
  }
  void write_config(std::uint64_t offset, Width width, std::uint64_t value) RT override {
    for (std::uint64_t i = 0; i < bytes(width); ++i)
      if (offset + i < config.size())
        config[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }

  void start(std::uint64_t features, std::span<Virtqueue> queues,
             Interrupts& interrupts) RT override {
    ++starts;
    negotiated = features;
    queues_ = queues;
    irq = &interrupts;
    stopped = {};
    held_count = 0;
  }
  [[nodiscard]] bool stop() RT override {
    if (held_count != 0) return false;
    queues_ = {};
    ++stops;
    return true;
  }
  [[nodiscard]] bool stop_queue(unsigned queue) RT override {
    if (held_of(queue)) return false;
    stopped[queue] = true;
    return true;
  }
  void restart_queue(unsigned queue) RT override {
    stopped[queue] = false;
    ++restarts;
  }
  void rest() RT override { ++rests; }
  void notified(unsigned queue) RT override { ++notifications[queue]; }

  Worked work() RT override {
    bool more = false;
    if (!keep) give_back();
    for (unsigned q = 0; q < queues_.size(); ++q)
      if (!stopped[q]) more |= serve(q);
    return more ? Worked::some : Worked::all;
  }

  std::uint32_t id = 4;
  std::array<std::uint16_t, 2> sizes{64, 16};
  std::array<std::uint8_t, 8> config{1, 2, 3, 4, 5, 6, 7, 8};
  bool keep = false;  // requests stay under way
  unsigned starts = 0, stops = 0, restarts = 0, rests = 0, served = 0;
  std::array<unsigned, 2> notifications{};
  std::array<bool, 2> stopped{};
  std::uint64_t negotiated = 0;
  Interrupts* irq = nullptr;
  std::size_t held_count = 0;

 private:
  struct Held {
    unsigned queue = 0;
    ChainTicket ticket;
  };
  [[nodiscard]] bool held_of(unsigned queue) const RT {
    for (std::size_t i = 0; i < held_count; ++i)
      if (held_[i].queue == queue) return true;
    return false;
  }
  void give_back() RT {
    for (std::size_t i = 0; i < held_count; ++i) {
      queues_[held_[i].queue].push(held_[i].ticket, 0);
      if (queues_[held_[i].queue].needs_interrupt()) irq->queue_used(held_[i].queue);
    }
    held_count = 0;
  }
  bool serve(unsigned q) RT {
    Virtqueue& queue = queues_[q];
    unsigned jobs = 0;
    Pop got = Pop::none;
    while (jobs < jobs_in_a_turn && (got = queue.pop(chain_)) == Pop::chain) {
      ++jobs;
      ++served;
      complete(q, queue);
    }
    if (got == Pop::broken) irq->needs_reset();
    if (queue.needs_interrupt()) irq->queue_used(q);
    return jobs == jobs_in_a_turn || queue.enable_kicks();
  }
  void complete(unsigned q, Virtqueue& queue) RT {
    if (keep && held_count < held_.size()) {
      held_[held_count++] = {q, chain_.ticket()};
      return;
    }
    std::array<std::byte, 256> copy;
    const std::size_t n = chain_.read(0, copy);
    queue.push(chain_, static_cast<std::uint32_t>(chain_.write(0, std::span{copy}.first(n))));
  }

  Chain chain_;
  std::span<Virtqueue> queues_;
  std::array<Held, 80> held_{};  // all that both queues can have
};

}  // namespace takt::virtio::fakes
