// SPDX-License-Identifier: Apache-2.0
// A network device between a driver and its ports, both at their worst: any rings, commands,
// configuration accesses, resets and frames, in any order, in both formats.
//
// Invariants: nothing outside RAM is touched (the address sanitizer sees that); what a port gets is
// a frame within its limits that asks for nothing that was not negotiated; each turn ends. As long
// as the driver is honest, each frame that it gets is one that came, whole and in order, and a
// queue never sleeps over a request that it was not told of.
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <span>

#include "virtio/net.h"
#include "virtio/test_fuzz_input.h"
#include "virtio/test_net.h"

namespace takt::virtio {
namespace {

constexpr std::size_t pairs = 2;
constexpr std::size_t queues = 2 * pairs + 1;
constexpr std::size_t memory_bytes = 1280 << 10;
// Memory: rings, what the device may read, and the receive buffers of each queue, so many that none
// is used again before it came back.
constexpr std::uint64_t readable_at = 128 << 10;
constexpr std::uint64_t readable_bytes = 256 << 10;
constexpr std::uint64_t receive_at = readable_at + readable_bytes;
constexpr std::uint64_t receive_slots = 32 * 4;
constexpr std::uint64_t slot_bytes = 2048;
// Tables of indirect descriptors, for each queue as many as it is long.
constexpr std::uint64_t tables_at = receive_at + pairs * receive_slots * slot_bytes;
constexpr std::uint64_t table_bytes = 1536;
static_assert(tables_at + queues * 32 * table_bytes <= memory_bytes);
constexpr MacAddress own{0x52, 0x54, 0, 1, 2, 3};

using fakes::Bytes;
using fakes::require;
using Input = fakes::FuzzInput;

/// A frame that tells its number and length; its bytes follow from them.
Bytes numbered(std::uint32_t number, std::size_t bytes) {
  Bytes frame = fakes::frame_to(own, std::max<std::size_t>(bytes, 22), number);
  const auto length = static_cast<std::uint32_t>(frame.size());
  std::memcpy(frame.data() + 14, &number, 4);
  std::memcpy(frame.data() + 18, &length, 4);
  return frame;
}

template <class Format>
class Trial {
 public:
  explicit Trial(Input& input) : input_{input} {
    if (input_.coin()) ports_[1].offloads = {};
    std::array<FramePort*, pairs> list{&ports_[0], &ports_[1]};
    NetOptions options{.mac = own, .queue_size = 32};
    if (input_.coin()) options.mtu = 1400;
    net_.emplace(list, options, bell_);
    driver_.emplace(*net_, memory_bytes);
    start();
  }

  void run() {
    while (!input_.empty()) {
      step();
      if (input_.coin()) work();
      check();
    }
    work();
    check();
  }

 private:
  using Driver = fakes::TestDriver<Format>;

  void start() {
    const std::uint64_t mask = std::uint64_t{input_.word()} | 0xffull << 56;
    driver_->start((net_->features() & mask) | feature::version_1 |
                       (input_.coin() ? feature::event_idx | feature::indirect_desc : 0),
                   32);
    honest_ = true;
    pieces_.clear();
    for (auto& port : ports_) port.sent.clear();
  }

  void step() {
    switch (input_.byte() % 16) {
      case 0:
      case 1:
      case 2: return offer_receive();
      case 3:
      case 4: return offer_send();
      case 5: return command();
      case 6: return offer_anything();
      case 7: return scribble();
      case 8: {
        const std::uint64_t at = input_.byte();
        static_cast<void>(net_->read_config(at, Width::b8));
        return net_->write_config(at, Width::b4, input_.byte());
      }
      case 9: return net_->set_link((input_.byte() & 3) != 0);
      case 10: return reset_queue();
      case 11: require(driver_->stop()); return start();
      case 12: ports_[input_.byte() % pairs].room = input_.byte() % 8; return;
      default: return arrive();
    }
  }

  void arrive() {
    fakes::FakeFramePort& port = ports_[input_.byte() % pairs];
    const std::uint8_t kind = input_.byte();
    FrameHeader header;
    std::size_t bytes = input_.byte() * 8u;
    if ((kind & 1) != 0) {
      header = {.flags = 1, .gso_type = input_.byte(), .gso_size = 1000, .csum_start = 34};
      bytes = (input_.word() & 0xffff) + 100;
    }
    if ((kind & 0xf0) == 0xf0) return port.incoming.push_back({header, Bytes(bytes)});
    port.incoming.push_back({header, numbered(++number_, bytes)});
  }

  /// Chains of one buffer or more, in RAM, one after the other.
  void offer_receive() {
    const unsigned queue = has_mq() ? 2 * (input_.byte() % pairs) : 0;
    const std::uint8_t kind = input_.byte();
    std::vector<fakes::Piece> pieces;
    for (unsigned i = 0; i <= (kind & 3u); ++i)
      pieces.push_back({receive_slot(queue / 2, slots_[queue / 2] + i),
                        (kind & 0x80) != 0 ? input_.byte() + 1u : 1536, true});
    if (offer(queue, pieces, (kind & 0x40) != 0)) slots_[queue / 2] += pieces.size();
  }

  void offer_send() {
    const unsigned queue = 2 * (input_.byte() % pairs) + 1;
    const std::uint8_t kind = input_.byte();
    NetHeader header;
    if ((kind & 1) != 0)
      header.frame = {.flags = input_.byte(),
                      .gso_type = input_.byte(),
                      .hdr_len = static_cast<std::uint16_t>(input_.word()),
                      .gso_size = input_.byte(),
                      .csum_start = input_.byte(),
                      .csum_offset = input_.byte()};
    const Gpa at = next_buffer(2048);
    std::memcpy(driver_->memory().at(at, 12).data(), &header, 12);
    std::vector<fakes::Piece> pieces{{at, (kind & 2) != 0 ? 12u : 12u + input_.byte() * 4u, false}};
    for (unsigned i = 0; i < (kind >> 2 & 3u); ++i)
      pieces.push_back({next_buffer(2048), input_.byte() * 8u, false});
    if ((kind & 0x30) == 0x30) pieces.insert(pieces.end(), 80, {next_buffer(256), 9, false});
    static_cast<void>(offer(queue, pieces, (kind & 0x40) != 0 || pieces.size() > 16));
  }

  void command() {
    const Gpa at = next_buffer(2048);
    const auto data = driver_->memory().at(at, 600);
    const std::size_t bytes = 2 + input_.byte() % 24u;
    for (std::size_t i = 0; i < bytes; ++i) data[i] = std::byte{input_.byte()};
    data[0] = std::byte(std::to_integer<unsigned>(data[0]) % 7);
    data[1] = std::byte(std::to_integer<unsigned>(data[1]) % 7);
    const std::uint32_t length =
        (input_.byte() & 7) == 0 ? 600u : static_cast<std::uint32_t>(bytes);
    const fakes::Piece pieces[] = {{at, length, false}, {at + 1024, 1, true}};
    static_cast<void>(offer(has_mq() ? queues - 1 : 2, pieces, false));
  }

  void offer_anything() {
    honest_ = false;
    std::vector<fakes::Piece> pieces;
    for (unsigned n = input_.byte() % 5u + 1; n > 0; --n)
      pieces.push_back(
          {Gpa{input_.word() % (4u << 20)}, input_.word() >> input_.byte() % 32, input_.coin()});
    static_cast<void>(offer(input_.byte() % queues, pieces, input_.coin()));
  }

  void scribble() {
    honest_ = false;
    const auto all = driver_->memory().all();
    const std::size_t at = input_.word() % (input_.coin() ? all.size() : 32u << 10);
    for (unsigned n = input_.byte() % 9u; n > 0; --n)
      all[(at + n) % all.size()] = std::byte{input_.byte()};
  }

  void reset_queue() {
    honest_ = false;  // what was offered is gone
    const unsigned queue = input_.byte() % queues;
    require(net_->stop_queue(queue));
    Virtqueue& vq = driver_->queue(queue);
    vq.disable();
    if ((input_.byte() & 1) == 0) return;
    if (vq.enable(driver_->memory().guest(), driver_->ring(queue).layout(),
                  net_->state().features | Driver::Ring::features))
      net_->restart_queue(queue);
  }

  Gpa next_buffer(std::uint64_t stride) {
    next_ = (next_ + stride) % (readable_bytes - slot_bytes);
    return fakes::TestMemory::start + readable_at + next_;
  }
  static Gpa receive_slot(std::uint64_t pair, std::uint64_t n) {
    const std::uint64_t slot = pair * receive_slots + n % receive_slots;
    return fakes::TestMemory::start + receive_at + slot * slot_bytes;
  }
  [[nodiscard]] bool has_mq() const { return (net_->state().features & net_feature::mq) != 0; }

  /// The driver notifies when it was asked to; when not, the device is awake or waits for a port.
  bool offer(unsigned queue, std::span<const fakes::Piece> pieces, bool indirect) {
    auto& ring = driver_->ring(queue);
    if ((net_->state().features & feature::indirect_desc) == 0) indirect = false;
    driver_->memory().free_to(tables_at + (queue * 32 + tables_[queue] % 32) * table_bytes);
    const auto id = indirect ? ring.post_indirect(pieces) : ring.post(pieces);
    if (!id) return false;
    if (indirect) ++tables_[queue];
    pieces_[{queue, *id}] = {pieces.begin(), pieces.end()};
    const bool idle = idle_;
    idle_ = false;
    if (ring.kick_wanted())
      net_->notified(queue);
    else if (idle && honest_ && queue < 2 * pairs && queue / 2 < net_->state().pairs)
      require(queue % 2 == 0 ? ports_[queue / 2].wants_receive : ports_[queue / 2].wants_send);
    return true;
  }

  void work() {
    Worked worked = Worked::some;
    for (int turns = 0; worked == Worked::some; ++turns) {
      require(turns < 2000);
      worked = net_->work();
    }
    idle_ = true;
  }

  void check() {
    for (auto& port : ports_) {
      require(port.most_pieces <= 64);
      for (const auto& frame : port.sent) check_sent(frame);
      port.sent.clear();
    }
    for (unsigned queue = 0; queue < queues; ++queue)
      if (queue == 0 || (queue == 2 && has_mq()))
        check_received(queue);
      else
        while (driver_->ring(queue).used()) {
        }
  }

  void check_sent(const fakes::TestFrame& frame) {
    const FrameHeader& h = frame.header;
    require(frame.bytes.size() >= 14 && frame.bytes.size() <= 65536);
    require((h.flags & ~FrameHeader::needs_csum) == 0);
    if (h.flags != 0) {
      require((net_->state().features & net_feature::csum) != 0);
      require(h.csum_start + h.csum_offset + 2u <= frame.bytes.size());
    }
    const unsigned type = h.gso_type & 0x7f;
    require(type == 0 || (h.flags != 0 && h.gso_size != 0 && h.hdr_len <= frame.bytes.size()));
    require(type != 1 || (net_->state().features & net_feature::host_tso4) != 0);
    require(type != 4 || (net_->state().features & net_feature::host_tso6) != 0);
    require(type == 0 || type == 1 || type == 4);
  }

  void check_received(unsigned queue) {
    auto& ring = driver_->ring(queue);
    Bytes frame;
    unsigned left = 0;
    while (const auto used = ring.used()) {
      if (!honest_) continue;
      const auto found = pieces_.find({queue, used->id});
      require(found != pieces_.end());
      Bytes buffer;
      for (const fakes::Piece& piece : found->second) {
        const auto bytes = driver_->memory().at(piece.addr, piece.len);
        buffer.insert(buffer.end(), bytes.begin(), bytes.end());
      }
      pieces_.erase(found);
      require(used->len <= buffer.size());
      if (used->len == 0 && left == 0) continue;  // no room for a header
      std::size_t skip = 0;
      if (left == 0) {
        require(used->len >= 12);
        left = fakes::header_of(buffer).num_buffers;
        require(left != 0);
        skip = 12;
      }
      frame.insert(frame.end(), buffer.begin() + static_cast<long>(skip),
                   buffer.begin() + used->len);
      if (--left == 0) {
        check_frame(frame);
        frame.clear();
      } else {
        require(used->len == buffer.size());
      }
    }
    require(!honest_ || left == 0);
  }

  void check_frame(const Bytes& frame) {
    std::uint32_t number = 0, length = 0;
    if (frame.size() < 22) return;
    std::memcpy(&number, frame.data() + 14, 4);
    std::memcpy(&length, frame.data() + 18, 4);
    if (number == 0 || number > number_) return;
    require(length == frame.size());
    require(frame == numbered(number, length));
  }

  Input& input_;
  std::array<fakes::FakeFramePort, pairs> ports_;
  fakes::CountingBell bell_;
  std::optional<Net> net_;
  std::optional<Driver> driver_;
  std::map<std::pair<unsigned, std::uint16_t>, std::vector<fakes::Piece>> pieces_;
  std::uint64_t next_ = 0;
  std::array<std::uint64_t, pairs> slots_{};
  std::array<std::uint64_t, queues> tables_{};
  std::uint32_t number_ = 0;
  bool honest_ = true;
  bool idle_ = false;  // work() has ended and nothing was offered since
};

}  // namespace
}  // namespace takt::virtio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return takt::virtio::fakes::run_trial<takt::virtio::Trial>({data, size});
}
