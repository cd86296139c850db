// SPDX-License-Identifier: Apache-2.0
// A driver that does anything to a block device, with a store that completes late, out of order,
// with errors, or takes nothing for a while. Invariants: the store is never asked for what is not
// on the disk or not in the contract; a turn ends; a reset is granted exactly when nothing is under
// way, and the device works after it.
#include <memory>
#include <span>

#include "virtio/blk.h"
#include "virtio/blk_fixture.h"
#include "virtio/test_driver.h"
#include "virtio/test_fuzz_input.h"

namespace takt::virtio {
namespace {

using namespace fakes;

/// Of a length that the input decides.
std::uint64_t number(FuzzInput& in) {
  std::uint64_t value = 0;
  for (int n = in.byte() % 9; n > 0; --n) value = value << 8 | in.byte();
  return value;
}

template <class Format>
class BlkTrial {
 public:
  explicit BlkTrial(const FuzzInput& input)
      : in_{input}, blk_{store_, "fuzz", 2}, driver_{blk_, 256 << 10} {
    driver_.start();
  }

  void run() {
    while (!in_.empty()) {
      step();
      require(store_.sound && blk_.in_flight() <= store_.depth());
    }
    end();
  }

 private:
  void step() {
    switch (in_.byte() % 12) {
      case 0:
      case 1:
      case 2: return post();
      case 3: return kick();
      case 4: return complete();
      case 5: return work();
      case 6: return static_cast<void>(store_.refuses = (in_.byte() & 1) != 0);
      case 7: return scribble();
      case 8: return reset();
      case 9: return reset_queue();
      case 10:
        return blk_.write_config(number(in_), static_cast<Width>(1 << in_.byte() % 4), number(in_));
      default: return collect();
    }
  }

  /// A request that makes sense but for what the bytes say, cut anywhere.
  void post() {
    static constexpr std::array<std::uint32_t, 8> types{0, 1, 4, 8, 11, 13, 0, 1};
    Bytes out = bytes_of(blk::Header{.type = types[in_.byte() % 8],
                                     .reserved = 0,
                                     .sector = in_.byte() < 8 ? number(in_) : in_.byte() % 80u});
    const std::size_t more = in_.byte() % 4 == 0 ? in_.byte() : 512u * (in_.byte() % 4);
    for (std::size_t n = 0; n < more; ++n)
      out.push_back(static_cast<std::byte>(n < 32 ? in_.byte() & 3 : 0));
    if (in_.byte() % 16 == 0) out.resize(in_.byte() % 20);
    std::vector<Bytes> parts;
    std::size_t at = 0;
    for (unsigned cuts = in_.byte() % 4; cuts > 0 && at < out.size(); --cuts) {
      const std::size_t n = std::min<std::size_t>(in_.byte(), out.size() - at);
      parts.emplace_back(out.begin() + std::ptrdiff_t(at), out.begin() + std::ptrdiff_t(at + n));
      at += n;
    }
    parts.emplace_back(out.begin() + std::ptrdiff_t(at), out.end());
    std::vector<std::uint32_t> in;
    for (unsigned n = in_.byte() % 4; n > 0; --n)
      in.push_back(in_.byte() % 4 == 0 ? in_.byte() : 512u * (in_.byte() % 3));
    if (in_.byte() % 16 != 0) in.push_back(1);
    const unsigned queue = in_.byte() & 1;
    static_cast<void>((in_.byte() & 1) != 0 ? driver_.post(queue, parts, in)
                                            : driver_.post_indirect(queue, parts, in));
  }
  void kick() { driver_.kick(in_.byte() & 1); }
  void complete() {
    if (store_.under_way.empty()) return;
    const std::size_t n = in_.byte() % store_.under_way.size();
    store_.complete(n, in_.byte() % 8 != 0);
  }
  void work() {
    unsigned turns = 0;
    while (blk_.work() == Worked::some) require(++turns < 1000);
  }
  void scribble() {
    const auto all = driver_.memory().all();
    for (unsigned n = in_.byte() % 8; n > 0; --n)
      all[number(in_) % 8192] = static_cast<std::byte>(in_.byte());
  }
  void reset() {
    const bool idle = blk_.in_flight() == 0;
    require(driver_.stop() == idle);
    for (int n = 0; n < 100 && blk_.in_flight() != 0; ++n) {
      store_.complete_all();
      work();
    }
    require(idle || driver_.stop());
    driver_.start();
    stopped_ = {};
  }
  void reset_queue() {
    const unsigned queue = in_.byte() & 1;
    if (stopped_[queue]) {
      blk_.restart_queue(queue);
      stopped_[queue] = false;
    } else {
      stopped_[queue] = blk_.stop_queue(queue);
    }
  }
  void collect() {
    for (unsigned queue = 0; queue < 2; ++queue)
      for (int n = 0; n < 64 && driver_.collect(queue); ++n) {
      }
  }
  void end() {
    store_.refuses = false;
    for (int n = 0; n < 1000 && blk_.in_flight() != 0; ++n) {
      store_.complete_all();
      work();
    }
    require(driver_.stop() && store_.under_way.empty());
  }

  FuzzInput in_;
  FakeStore store_;
  Blk blk_;
  TestDriver<Format> driver_;
  std::array<bool, 2> stopped_{};
};

}  // namespace
}  // namespace takt::virtio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 4096) return 0;
  return takt::virtio::fakes::run_trial<takt::virtio::BlkTrial>({data, size});
}
