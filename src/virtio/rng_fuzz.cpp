// SPDX-License-Identifier: Apache-2.0
// An entropy device with any rings, resets and clocks, with and without a limit, in both formats.
// Invariants: nothing outside RAM is written; a turn and the limit hold; no request is slept over.
#include <array>
#include <optional>

#include "virtio/rng.h"
#include "virtio/test_driver.h"
#include "virtio/test_fuzz_input.h"
#include "virtio/test_rng.h"

namespace takt::virtio {
namespace {

using fakes::require;
using Input = fakes::FuzzInput;

constexpr std::uint64_t rate = 10'000;
constexpr std::uint64_t burst = rate / 8;

template <class Format>
class Trial {
 public:
  explicit Trial(Input& input) : input_{input}, limited_{input.coin()} {
    if (limited_)
      rng_.emplace(source_, RngLimit{.bytes_per_second = rate, .clock = clock_, .alarm = alarm_});
    else
      rng_.emplace(source_);
    driver_.emplace(*rng_, 256 << 10);
    start();
  }

  void run() {
    while (!input_.empty()) {
      step();
      if (input_.coin()) work();
      check();
    }
  }

 private:
  void start() {
    driver_->start(
        feature::version_1 | feature::indirect_desc | (input_.coin() ? feature::event_idx : 0), 16);
    honest_ = true;
    idle_ = false;
    outstanding_ = 0;
  }

  void step() {
    switch (input_.byte() % 9) {
      case 0:
      case 1:
      case 2: return offer(input_.byte() * 40u, true);
      case 3: return offer(input_.byte(), false);
      case 4: return scribble();
      case 5: source_.left = input_.byte() * 8u; return;
      case 6: return pass_time();
      case 7: require(driver_->stop()); return start();
      default: return reset_queue();
    }
  }

  void pass_time() {
    if (input_.byte() == 0xff) clock_.ns -= std::int64_t{input_.word()} * 1000;
    const std::int64_t ns = std::int64_t{input_.byte()} * 1'000'000;
    clock_.ns += ns;
    earned_ += static_cast<std::uint64_t>(ns) * rate / 1'000'000'000 + 1;
    if (alarm_.deadline && *alarm_.deadline <= clock_.ns) work();
  }

  /// Several pieces; all of them in the same place, as nobody reads them.
  void offer(std::uint32_t bytes, bool writable) {
    std::array<fakes::Piece, 3> pieces;
    const std::size_t count = input_.byte() % 3u + 1;
    const bool in_ram = !honest_ || input_.byte() != 0;
    honest_ = honest_ && in_ram;
    for (std::size_t i = 0; i < count; ++i)
      pieces[i] = {in_ram ? fakes::TestMemory::start + (128 << 10) : Gpa{input_.word()}, bytes,
                   writable};
    auto& ring = driver_->ring(0);
    driver_->memory().free_to(64 << 10);
    const bool indirect = input_.coin();
    const std::span<const fakes::Piece> chain = std::span{pieces}.first(count);
    if (!(indirect ? ring.post_indirect(chain) : ring.post(chain))) return;
    const bool idle = idle_;
    // With a request that waits the device does not want to hear of another.
    const bool kick = ring.kick_wanted();
    require(kick || !idle || !honest_ || outstanding_ != 0);
    if (kick) rng_->notified(0);
    ++outstanding_;
    if (indirect) work();
    idle_ = false;
  }

  void scribble() {
    honest_ = false;
    const auto all = driver_->memory().all();
    const std::size_t at = input_.word() % (8u << 10);
    for (unsigned n = input_.byte() % 9u; n > 0; --n) all[at + n] = std::byte{input_.byte()};
  }

  void reset_queue() {
    honest_ = false;
    require(rng_->stop_queue(0));
    driver_->queue(0).disable();
    if (input_.coin() &&
        driver_->queue(0).enable(driver_->memory().guest(), driver_->ring(0).layout(),
                                 Format::Ring::features))
      rng_->restart_queue(0);
  }

  void work() {
    Worked worked = Worked::some;
    for (int turns = 0; worked == Worked::some; ++turns) {
      require(turns < 1000);
      const std::uint64_t before = rng_->counters().bytes;
      worked = rng_->work();
      require(rng_->counters().bytes - before <= Rng::bytes_in_a_turn);
    }
    idle_ = true;
  }

  void check() {
    while (const auto used = driver_->ring(0).used()) {
      require(!honest_ || used->len <= Rng::bytes_in_a_request);
      --outstanding_;
    }
    require(!limited_ || rng_->counters().bytes <= burst + earned_);
  }

  Input& input_;
  bool limited_;
  fakes::FakeEntropy source_;
  fakes::StoppedClock clock_;
  fakes::LastAlarm alarm_;
  std::optional<Rng> rng_;
  std::optional<fakes::TestDriver<Format>> driver_;
  std::uint64_t earned_ = 0;
  int outstanding_ = 0;
  bool honest_ = true;
  bool idle_ = false;
};

}  // namespace
}  // namespace takt::virtio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return takt::virtio::fakes::run_trial<takt::virtio::Trial>({data, size});
}
