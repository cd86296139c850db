// SPDX-License-Identifier: Apache-2.0
// An entropy device. virtio 1.2, 5.4.
//
// A request gets 4 KiB at most: the specification lets the device use a part of a buffer. One turn
// takes 16 KiB at most, some 50 us. With a limit, requests wait for the time at which they may be
// served.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "bus/alarm.h"
#include "bus/clock.h"
#include "bus/entropy_source.h"
#include "virtio/model.h"
#include "virtio/rng_budget.h"

namespace takt::virtio {

/// All outlive the device.
struct RngLimit {
  std::uint64_t bytes_per_second = 0;  // 1..2^32
  Clock& clock;
  Alarm& alarm;  // its host calls Rng::due()
};

class Rng final : public Model {
 public:
  static constexpr std::size_t bytes_in_a_turn = 16 * 1024;
  static constexpr std::size_t bytes_in_a_request = 4096;

  struct Counters {
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;
    std::uint64_t bad_requests = 0;  // without a byte to write: given back
    std::uint64_t limited = 0;       // had to wait for the limit
    std::uint64_t dry = 0;           // the source had nothing
  };

  explicit Rng(EntropySource& source) : source_{source} {}
  Rng(EntropySource& source, const RngLimit& limit);

  /// The alarm is due. Nothing to be done: work() follows.
  void due() RT {}
  [[nodiscard]] const Counters& counters() const RT { return counters_; }

  // Model
  [[nodiscard]] std::string_view name() const override { return "rng"; }
  [[nodiscard]] std::uint32_t device_id() const override { return 4; }
  [[nodiscard]] std::uint64_t features() const override { return 0; }
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override { return sizes_; }
  [[nodiscard]] std::uint64_t read_config(std::uint64_t, Width) RT override { return 0; }
  void write_config(std::uint64_t, Width, std::uint64_t) RT override {}
  void start(std::uint64_t features, std::span<Virtqueue> queues,
             Interrupts& interrupts) RT override;
  [[nodiscard]] bool stop() RT override;
  [[nodiscard]] bool stop_queue(unsigned) RT override { return stop(); }
  void restart_queue(unsigned queue) RT override;
  void notified(unsigned) RT override {}
  Worked work() RT override;

 private:
  /// What became of the next request.
  enum class Step : std::uint8_t { done, none, waits };

  [[nodiscard]] Step step(std::size_t& left) RT;
  [[nodiscard]] std::size_t fill(std::size_t bytes) RT;
  [[nodiscard]] Step put_back(std::uint64_t& counter, std::int64_t wake_at_ns) RT;
  [[nodiscard]] bool sleep(bool waits) RT;

  static constexpr std::array<std::uint16_t, 1> sizes_{64};
  static constexpr std::int64_t retry_ns = 10'000'000;

  EntropySource& source_;
  std::optional<RngLimit> limit_;
  std::optional<RngBudget> budget_;
  std::span<Virtqueue> queues_;
  Interrupts* interrupts_ = nullptr;
  Virtqueue* queue_ = nullptr;  // when live
  bool broken_ = false;
  bool armed_ = false;    // the driver notifies, and nothing was taken since that was asked for
  bool waiting_ = false;  // a request was put back, and counted
  Chain chain_;
  Counters counters_;
};

}  // namespace takt::virtio
