// SPDX-License-Identifier: Apache-2.0
// A device whose work takes as long as the guest says: for tests and benches of how the rest of the
// machine fares meanwhile. It has a register of each kind (bus/access_rules.h). Not a model of any
// hardware. Registers of 32 bits, little-endian:
//
//   0x00 NS     rw  inline       how long a job keeps its thread busy, in ns; at most 10 ms
//   0x04 POST   w   posted       does a job
//   0x08 ASK    rw  synchronous  does a job; reads as the number of jobs done, this one included
//   0x0c COUNT  r   inline       the number of jobs done
//   0x10 BELL   w   eventfd      does a job
//   0x14 FAULT  w   synchronous  does a job that first touches as many fresh pages as are written
//
// NS and COUNT may be used by any number of threads at once; for the rest the model is behind a
// Guarded.
#pragma once

#include <atomic>
#include <cstdint>

#include "bus/clock.h"
#include "bus/device.h"
#include "bus/fresh_pages.h"

namespace takt {

class SlowDevice : public Device {
 public:
  static constexpr std::uint64_t region_bytes = 4096;
  static constexpr Width widest = Width::b4;
  static constexpr std::uint32_t longest_ns = 10'000'000;
  enum Register : std::uint32_t {
    ns = 0x00,
    post = 0x04,
    ask = 0x08,
    count = 0x0c,
    bell = 0x10,
    fault = 0x14
  };

  /// A job spins until `clock` has gone on by NS.
  SlowDevice(const Clock& clock, FreshPages& pages) : clock_{clock}, pages_{pages} {}

  [[nodiscard]] std::string_view name() const override { return "slow"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;
  [[nodiscard]] AccessRules rules() const override;

 private:
  void job() RT;

  const Clock& clock_;
  FreshPages& pages_;
  std::atomic<std::uint32_t> ns_ = 0;
  std::atomic<std::uint32_t> count_ = 0;
};

}  // namespace takt
