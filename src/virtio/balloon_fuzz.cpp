// SPDX-License-Identifier: Apache-2.0
// A balloon with any rings, configuration accesses, resets and a host that takes pages when it
// likes, in both formats. Invariants: what is handed over is RAM, in whole pages; a reset, and of
// an honest driver each request, is complete only when its pages have been dealt with; each turn
// ends.
#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "virtio/balloon.h"
#include "virtio/test_balloon.h"
#include "virtio/test_driver.h"
#include "virtio/test_fuzz_input.h"

namespace takt::virtio {
namespace {

using fakes::require;
using Input = fakes::FuzzInput;

constexpr std::uint64_t page = 4096;
constexpr std::size_t memory_bytes = 512 << 10;
constexpr std::size_t lists_at = 128 << 10;
constexpr std::uint32_t ram_pfn = 0x100;
constexpr unsigned queues = 5;

template <class Format>
class Trial {
 public:
  explicit Trial(Input& input) : input_{input} {
    mem_ = GuestMem{{{fakes::TestMemory::start, driver_.memory().all()}}};
    returner_.at_once = false;
    start();
  }

  void run() {
    while (!input_.empty()) {
      step();
      if (input_.coin()) work();
      check();
    }
    returner_.places = 100'000;
    stop();
  }

 private:
  void start() {
    const std::uint64_t mask = input_.byte();
    driver_.start((balloon_.features() & mask) | feature::version_1 |
                      (input_.coin() ? feature::event_idx | feature::indirect_desc : 0),
                  16);
    honest_ = true;
    lists_.clear();
  }

  void step() {
    switch (input_.byte() % 12) {
      case 0:
      case 1: return inflate();
      case 2: return report();
      case 3: return anything();
      case 4: return scribble();
      case 5: return balloon_.set_target_pages(input_.byte());
      case 6: return balloon_.request_stats();
      case 7:
        balloon_.write_config(input_.byte() % 20, Width::b4, input_.byte());
        static_cast<void>(balloon_.read_config(input_.byte() % 20, Width::b8));
        return;
      case 8: stop(); return start();
      case 9: return reset_queue();
      case 10: returner_.places = input_.byte() % 5; return;
      default: return take();
    }
  }

  void take() {
    returner_.taken =
        std::min<std::size_t>(returner_.given.size(), returner_.taken + input_.byte() % 4);
  }

  /// Lists have places of their own, so that what is checked later is what was there.
  void inflate() {
    std::vector<std::uint32_t> list;
    for (unsigned n = input_.byte() % 40u; n > 0; --n) list.push_back(ram_pfn + input_.byte());
    const Gpa at = fakes::TestMemory::start + lists_at + (next_++ % 64) * 256;
    const auto bytes = static_cast<std::uint32_t>(list.size() * 4);
    std::ranges::copy(std::as_bytes(std::span{list}), driver_.memory().at(at, bytes).begin());
    const fakes::Piece piece{at, bytes, false};
    const unsigned queue = input_.byte() % 2;
    auto& ring = driver_.ring(queue);
    const auto id = ring.post({&piece, 1});
    if (!id) return;
    if (queue == 0) lists_[*id] = list;
    if (ring.kick_wanted()) balloon_.notified(queue);
  }

  void report() {
    std::vector<fakes::Piece> pieces;
    for (unsigned n = input_.byte() % 40u + 1; n > 0; --n)
      pieces.push_back({fakes::TestMemory::start + (256 << 10) + input_.byte() * 512u,
                        input_.byte() * 512u, true});
    post(2 + input_.byte() % 3u, pieces, true);
  }

  void anything() {
    honest_ = false;
    std::vector<fakes::Piece> pieces;
    for (unsigned n = input_.byte() % 4u + 1; n > 0; --n)
      pieces.push_back(
          {Gpa{input_.word() % (2u << 20)}, input_.word() >> input_.byte() % 32, input_.coin()});
    post(input_.byte() % queues, pieces, input_.coin());
  }

  void post(unsigned queue, std::span<const fakes::Piece> pieces, bool indirect) {
    auto& ring = driver_.ring(queue);
    driver_.memory().free_to((64 << 10) + (next_++ % 32) * 1024);  // tables stay for a while
    if (indirect ? ring.post_indirect(pieces) : ring.post(pieces)) balloon_.notified(queue);
  }

  void scribble() {
    honest_ = false;
    const auto all = driver_.memory().all();
    const std::size_t at = input_.word() % (input_.coin() ? all.size() - 16 : 16u << 10);
    for (unsigned n = input_.byte() % 9u; n > 0; --n) all[at + n] = std::byte{input_.byte()};
  }

  void stop() {
    for (int tries = 0; !driver_.stop(); ++tries) {
      require(tries < 2 && returner_.taken < returner_.given.size());
      work();
      returner_.taken = returner_.given.size();
    }
    require(returner_.taken == returner_.given.size());
  }

  void reset_queue() {
    honest_ = false;
    const unsigned queue = input_.byte() % queues;
    if (!balloon_.stop_queue(queue)) {
      returner_.taken = returner_.given.size();
      require(balloon_.stop_queue(queue));
    }
    Virtqueue& vq = driver_.queue(queue);
    vq.disable();
    if (input_.coin() && vq.enable(driver_.memory().guest(), driver_.ring(queue).layout(),
                                   Format::Ring::features | feature::indirect_desc))
      balloon_.restart_queue(queue);
  }

  void work() {
    Worked worked = Worked::some;
    for (int turns = 0; worked == Worked::some; ++turns) {
      require(turns < 3000);
      worked = balloon_.work();
    }
  }

  void check() {
    for (; checked_ < returner_.given.size(); ++checked_) {
      const auto& [start, bytes] = returner_.given[checked_];
      require(bytes != 0 && bytes % page == 0 && start.raw() % page == 0);
      require(mem_.slice(start, bytes).has_value());
    }
    for (unsigned queue = 1; queue < queues; ++queue)
      while (driver_.ring(queue).used()) {
      }
    while (const auto used = driver_.ring(0).used()) {
      if (!honest_) continue;
      const auto list = lists_.find(used->id);
      require(list != lists_.end());
      for (const std::uint32_t pfn : list->second) require(taken(pfn));
      lists_.erase(list);
    }
  }
  [[nodiscard]] bool taken(std::uint32_t pfn) const {
    const Gpa at{pfn * page};
    if (!mem_.slice(at, page)) return true;
    const auto done = std::span{returner_.given}.first(returner_.taken);
    return std::ranges::any_of(done, [at](const fakes::GivenRange& range) {
      return at >= range.start && at - range.start < range.bytes;
    });
  }

  Input& input_;
  GuestMem mem_;
  fakes::FakeReturner returner_;
  fakes::RingCounter bell_;
  Balloon balloon_{mem_, returner_, bell_};
  fakes::TestDriver<Format> driver_{balloon_, memory_bytes};
  std::map<std::uint16_t, std::vector<std::uint32_t>> lists_;
  std::size_t checked_ = 0;
  unsigned next_ = 0;
  bool honest_ = true;
};

}  // namespace
}  // namespace takt::virtio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return takt::virtio::fakes::run_trial<takt::virtio::Trial>({data, size});
}
