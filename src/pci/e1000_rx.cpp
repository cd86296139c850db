// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000_rx.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "base/cycles.h"
#include "pci/e1000_checksum.h"
#include "pci/e1000_filter.h"
#include "pci/e1000_tx_frame.h"

namespace takt::e1000 {
namespace {

constexpr std::uint32_t least_frame_bytes = 60;   // without its CRC
constexpr std::uint32_t most_short_bytes = 1522;  // with it, while RCTL.LPE is 0

}  // namespace

Worked Receiver::work() RT {
  turn_began_ = cycles();
  std::uint32_t bytes = 0;
  unsigned frames = 0;
  if (stopped_ && core_.receive_ring().tail != stopped_tail_) stopped_ = false;
  if (fifo_.full && on()) fifo_.full = !deliver();
  while (on() && !fifo_.full && !loopback_) {
    if (frames == frames_in_a_turn || bytes >= bytes_in_a_turn) return Worked::some;
    const std::array<iovec, 1> into{{{buffer_.data(), most_bytes}}};
    const auto received = port_.receive(into);
    if (!received) break;
    ++frames;
    bytes += static_cast<std::uint32_t>(received->bytes);
    take(*received);
  }
  update_want();
  if (room_has_come()) return Worked::some;
  return frames == 0 ? Worked::nothing : Worked::all;
}

/// Before a frame is left waiting for descriptors. The write of RDT and the look at `starved_`
/// after it, and this in the other order, make sure that one of the two sees the other.
bool Receiver::room_has_come() RT {
  const bool waits = fifo_.full || stopped_;
  if (starved_.load(std::memory_order_relaxed) == waits) return false;
  const std::uint32_t seen = stopped_ ? stopped_tail_ : fifo_.seen_tail;
  starved_.store(waits, std::memory_order_seq_cst);
  return waits && core_.receive_ring().tail != seen;
}

bool Receiver::on() const RT {
  return Rctl::en::get(core_.reg(Reg::RCTL)) && core_.link && !stopped_;
}

void Receiver::update_want() RT {
  const bool want = on() && !fifo_.full && !loopback_;
  if (wanted_ == want) return;
  wanted_ = want;
  port_.want_receive(want);
}

void Receiver::reset() RT {
  fifo_ = {};
  stopped_ = false;
  delay_.cancel();
}

void Receiver::loop_back(std::span<const iovec> pieces) RT {
  if (!on()) return;
  if (fifo_.full) return miss();
  turn_began_ = cycles();
  std::uint32_t bytes = 0;
  for (const iovec& piece : pieces) {
    if (piece.iov_len > most_bytes - bytes) return miss();
    std::memcpy(&buffer_[bytes], piece.iov_base, piece.iov_len);
    bytes += static_cast<std::uint32_t>(piece.iov_len);
  }
  accept(bytes, false);
}

void Receiver::take(const FramePort::Received& received) RT {
  const auto bytes = static_cast<std::uint32_t>(std::min<std::size_t>(received.bytes, most_bytes));
  if (received.truncated) return core_.statistics.count(Reg::ROC);
  if ((received.header.flags & FrameHeader::needs_csum) != 0)
    complete_checksum(received.header, bytes);
  accept(bytes, (received.header.flags & (FrameHeader::data_valid | FrameHeader::needs_csum)) != 0);
}

/// `bytes` are in the buffer, without CRC.
void Receiver::accept(std::uint32_t bytes, bool trusted) RT {
  if (bytes < ethernet_header_bytes) {
    ++core_.counters.rx_malformed;
    return;
  }
  if (bytes < least_frame_bytes) {
    std::fill(&buffer_[bytes], &buffer_[least_frame_bytes], std::uint8_t{0});
    bytes = least_frame_bytes;
  }
  if (!passes({buffer_.data(), bytes}, bytes + crc_bytes)) return;
  prepare(bytes, trusted);
  fifo_.full = !deliver();
}

// --- filters and statistics ---

bool Receiver::passes(std::span<const std::uint8_t> frame, std::uint32_t total) RT {
  Statistics& s = core_.statistics;
  s.count(Reg::TPR);
  s.count_octets(Reg::TORL, total);
  if (!passes_filters(frame)) return false;
  const std::uint32_t most = Rctl::lpe::get(core_.reg(Reg::RCTL)) ? most_bytes : most_short_bytes;
  if (total > most) {
    s.count(Reg::ROC);
    s.count(Reg::RLEC);
    return false;
  }
  count_control(frame);
  return true;
}

/// PMCF passes all MAC control frames, DPF takes out those with PAUSE.
bool Receiver::passes_filters(std::span<const std::uint8_t> frame) RT {
  const std::uint32_t rctl = core_.reg(Reg::RCTL);
  const ControlFrame control = control_frame(core_.words, frame);
  const bool pause = control == ControlFrame::xon || control == ControlFrame::xoff;
  if (pause && Rctl::dpf::get(rctl)) {
    count_control(frame);
    return false;
  }
  const Match match = match_address(core_.words, frame);
  inexact_ = match == Match::inexact;
  if (match == Match::none) return control != ControlFrame::no && Rctl::pmcf::get(rctl);
  const auto tag = vlan_tag(core_.words, frame);
  return !tag || match_vlan(core_.words, *tag);
}

/// The frame that is in the ring now.
void Receiver::count_good() RT {
  Statistics& s = core_.statistics;
  const std::uint8_t* const destination = &buffer_[fifo_.start];
  s.count(Reg::GPRC);
  s.count_octets(Reg::GORCL, fifo_.on_the_wire);
  s.count_length(Reg::PRC64, fifo_.on_the_wire);
  if ((destination[0] & 1) == 0) return;
  const bool broadcast =
      std::all_of(destination, destination + 6, [](auto b) { return b == 0xff; });
  s.count(broadcast ? Reg::BPRC : Reg::MPRC);
}

void Receiver::count_control(std::span<const std::uint8_t> frame) RT {
  switch (control_frame(core_.words, frame)) {
    case ControlFrame::no: return;
    case ControlFrame::xon: return core_.statistics.count(Reg::XONRXC);
    case ControlFrame::xoff: return core_.statistics.count(Reg::XOFFRXC);
    case ControlFrame::other: return core_.statistics.count(Reg::FCRUC);
  }
}

void Receiver::miss() RT {
  core_.statistics.count(Reg::MPC);
  core_.interrupts.set_causes(Cause::rxo);
}

// --- what goes to the guest ---

/// A sender on this host has left its checksum to whom it reaches; a wire would have it.
void Receiver::complete_checksum(const FrameHeader& header, std::uint32_t bytes) RT {
  const std::uint32_t at = std::uint32_t{header.csum_start} + header.csum_offset;
  if (header.csum_start >= bytes || at + 2 > bytes) return;
  OnesSum sum;
  sum.add({&buffer_[header.csum_start], bytes - header.csum_start});
  const std::uint16_t value = sum.complement();
  put_be16(buffer_, at, value == 0 ? 0xffff : value);
}

void Receiver::prepare(std::uint32_t bytes, bool trusted) RT {
  const std::span<const std::uint8_t> frame{buffer_.data(), bytes};
  fifo_ = {.control = control_frame(core_.words, frame) != ControlFrame::no,
           .bytes = bytes,
           .on_the_wire = bytes + crc_bytes};
  if (inexact_) fifo_.last.status |= RxDescriptor::Status::pif;
  if (!Rctl::secrc::get(core_.reg(Reg::RCTL))) {
    CrcSum crc;
    crc.add(frame);
    std::ranges::copy(crc.bytes(), &buffer_[bytes]);
  }
  strip_tag();
  judge_checksums({&buffer_[fifo_.start], fifo_.bytes}, trusted);
  if (!Rctl::secrc::get(core_.reg(Reg::RCTL))) fifo_.bytes += crc_bytes;
  fifo_.last.checksum = packet_checksum();
}

void Receiver::strip_tag() RT {
  const auto tag = vlan_tag(core_.words, {buffer_.data(), fifo_.bytes});
  if (!tag || !Ctrl::vme::get(core_.reg(Reg::CTRL))) return;
  std::memmove(&buffer_[vlan_tag_bytes], buffer_.data(), 12);
  fifo_.start = vlan_tag_bytes;
  fifo_.bytes -= static_cast<std::uint32_t>(vlan_tag_bytes);
  fifo_.last.special = *tag;
  fifo_.last.status |= RxDescriptor::Status::vp;
}

/// RXCSUM.PCSS: over all that goes to the guest, so with the CRC when that does.
std::uint16_t Receiver::packet_checksum() const RT {
  const std::uint32_t first = Rxcsum::pcss::get(core_.reg(Reg::RXCSUM));
  OnesSum sum;
  if (first < fifo_.bytes) sum.add({&buffer_[fifo_.start + first], fifo_.bytes - first});
  return sum.complement();
}

/// 3.2.9, and RXCSUM: IXSM says that there is nothing in the bits beside it.
void Receiver::judge_checksums(std::span<const std::uint8_t> data, bool trusted) RT {
  using RxStatus = RxDescriptor::Status;
  using RxErrors = RxDescriptor::Errors;
  const std::uint32_t rxcsum = core_.reg(Reg::RXCSUM);
  const auto vlan_type = static_cast<std::uint16_t>(core_.reg(Reg::VET));
  Verdicts verdicts;
  if (Rxcsum::ipofl::get(rxcsum) || Rxcsum::tuofl::get(rxcsum))
    verdicts = look_at_checksums(data, vlan_type, trusted);
  if (!Rxcsum::ipofl::get(rxcsum)) verdicts.ip = Verdict::not_looked_at;
  if (!Rxcsum::tuofl::get(rxcsum)) verdicts.transport = Verdict::not_looked_at;
  if (verdicts.ip != Verdict::not_looked_at) fifo_.last.status |= RxStatus::ipcs;
  if (verdicts.ip == Verdict::bad) fifo_.last.errors |= RxErrors::ipe;
  if (verdicts.transport != Verdict::not_looked_at) fifo_.last.status |= RxStatus::tcpcs;
  if (verdicts.transport == Verdict::bad) fifo_.last.errors |= RxErrors::tcpe;
  if ((fifo_.last.status & (RxStatus::ipcs | RxStatus::tcpcs)) == 0)
    fifo_.last.status |= RxStatus::ixsm;
}

/// True when the FIFO's frame is gone: into the ring, or because it can never go there.
bool Receiver::deliver() RT {
  Ring ring = core_.receive_ring();
  fifo_.seen_tail = ring.tail;
  const std::uint32_t room = Rctl::buffer_bytes(core_.reg(Reg::RCTL));
  const std::uint32_t needed = (fifo_.bytes + room - 1) / room;
  const std::uint32_t before = ring.available();
  if (ring.entries != 0 && needed >= ring.entries) {
    ++core_.counters.rx_never_fits;
    miss();
    return true;
  }
  if (before < needed) {
    if (!fifo_.told) core_.statistics.count(Reg::RNBC);
    if (!fifo_.told) core_.interrupts.set_causes(Cause::rxo);
    fifo_.told = true;
    return false;
  }
  for (std::uint32_t n = 0; n < needed; ++n, ring.head = ring.after(ring.head))
    if (!put(ring, ring.head, n * room, std::min(room, fifo_.bytes - n * room), n + 1 == needed))
      return true;
  core_.words[word(Reg::RDH)] = ring.head;
  report(before, ring);
  return true;
}

/// One descriptor's part of the frame. False: the ring is not in RAM, and stops.
bool Receiver::put(const Ring& ring, std::uint32_t at, std::uint32_t from, std::uint32_t length,
                   bool last) RT {
  auto d = core_.mem.load<RxDescriptor>(ring.at(at));
  if (!d) {
    ++core_.counters.rings_stopped;
    stopped_ = true;
    stopped_tail_ = ring.tail;
    return false;
  }
  const std::span<const std::uint8_t> data{&buffer_[fifo_.start + from], length};
  if (!core_.mem.write(Gpa{d->address}, std::as_bytes(data))) ++core_.counters.rx_not_ram;
  d->length = static_cast<std::uint16_t>(length);
  d->checksum = fifo_.last.checksum;
  d->status = 0;
  d->errors = last ? fifo_.last.errors : std::uint8_t{0};
  d->special = fifo_.last.special;
  const auto status = static_cast<std::uint8_t>(
      last ? fifo_.last.status | RxDescriptor::Status::eop | RxDescriptor::Status::dd
           : RxDescriptor::Status::dd);
  (void)core_.mem.store(ring.at(at), *d);
  std::atomic_thread_fence(std::memory_order_release);  // DD is seen last
  (void)core_.mem.store(ring.at(at) + status_offset, status);
  return true;
}

/// `before` descriptors were there, `ring` is as it is now.
void Receiver::report(std::uint32_t before, const Ring& ring) RT {
  if (!fifo_.control) count_good();
  std::uint32_t causes = 0;
  const std::uint32_t least = ring.entries >> (Rctl::rdmts::get(core_.reg(Reg::RCTL)) + 1);
  if (before > least && ring.available() <= least) causes |= Cause::rxdmt0;
  if (fifo_.on_the_wire <= core_.reg(Reg::RSRPD)) causes |= Cause::srpd;
  const std::int64_t delay = core_.delay_ns(Reg::RDTR);
  if (delay == 0)
    causes |= Cause::rxt0;
  else
    delay_.event(core_.clock.realtime_ns(), delay, core_.delay_ns(Reg::RADV));
  if (causes != 0) core_.interrupts.set_causes(causes);
  const std::uint64_t now = cycles();
  service_times_.record(now - turn_began_, now);
}

void Receiver::flush() RT {
  if (!delay_.running()) return;
  delay_.cancel();
  core_.interrupts.set_causes(Cause::rxt0);
}

void Receiver::timer(std::int64_t now_ns) RT {
  if (delay_.ran_out(now_ns)) core_.interrupts.set_causes(Cause::rxt0);
}

}  // namespace takt::e1000
