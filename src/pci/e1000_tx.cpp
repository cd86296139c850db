// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000_tx.h"

#include <algorithm>
#include <atomic>

#include "base/cycles.h"

namespace takt::e1000 {

Worked Transmitter::work() RT {
  descriptors_left_ = descriptors_in_a_turn;
  bytes_left_ = bytes_in_a_turn;
  frames_left_ = frames_in_a_turn;
  bool did = false;
  for (;;) {
    if (sender_.busy()) {
      did = true;
      if (!send_on()) return blocked_ ? Worked::all : Worked::some;
    }
    if (!ready()) {
      if (in_frame_ && done_count_ > 0) report_part();
      return did ? Worked::all : Worked::nothing;
    }
    if (descriptors_left_ == 0 || bytes_left_ == 0 || frames_left_ == 0) return Worked::some;
    take_descriptor();
    did = true;
  }
}

bool Transmitter::ready() const RT {
  return Tctl::en::get(core_.reg(Reg::TCTL)) && core_.link && !stopped_ &&
         Ring::of(core_.words, Reg::TDBAL).available() > 0;
}

void Transmitter::tail_written() RT {
  const Ring ring = Ring::of(core_.words, Reg::TDBAL);
  if (ring.available() > 0) marks_.put(ring.tail, cycles());
}

void Transmitter::ring_changed() RT {
  if (blocked_) wire_.want_send(false);
  sender_.abandon();
  pieces_.clear();
  done_count_ = 0;
  report_now_ = report_later_ = false;
  in_frame_ = spoiled_ = stopped_ = blocked_ = false;
  marks_.clear();
}

void Transmitter::reset() RT {
  ring_changed();
  contexts_ = {};
  delay_.cancel();
}

// --- descriptors ---

void Transmitter::take_descriptor() RT {
  const Ring ring = Ring::of(core_.words, Reg::TDBAL);
  const auto d = core_.mem.load<TxDescriptor>(ring.at(ring.head));
  if (!d) {
    ++core_.counters.rings_stopped;
    stopped_ = true;
    return;
  }
  --descriptors_left_;
  given_at_ = marks_.take(ring.head, cycles());
  core_.words[word(Reg::TDH)] = ring.after(ring.head);
  const std::uint32_t left = ring.available() - 1;
  if (left == 0) marks_.clear();
  if (left == 8 * Txdctl::lwthresh::get(core_.reg(Reg::TXDCTL)))
    core_.interrupts.set_causes(Cause::txd_low);
  note_done(*d, ring.at(ring.head));
  switch (d->kind()) {
    case TxDescriptor::Kind::legacy: return take_data(*d, true);
    case TxDescriptor::Kind::data: return take_data(*d, false);
    case TxDescriptor::Kind::context: return take_context(*d);
    case TxDescriptor::Kind::unknown: ++core_.counters.tx_bad_descriptors; return finish_frame();
  }
}

/// 3.3.6: a context stays until the next one of its kind.
void Transmitter::take_context(const TxDescriptor& d) RT {
  contexts_[TxDescriptor::ContextHigh::tse::get(d.high) ? 1 : 0] = TxContext::from(d);
  if (!in_frame_) finish_frame();
}

void Transmitter::take_data(const TxDescriptor& d, bool legacy) RT {
  if (!in_frame_) begin_frame(d, legacy);
  in_frame_ = true;
  const std::uint32_t length =
      legacy ? TxDescriptor::Legacy::length::get(d.high) : TxDescriptor::Data::length::get(d.high);
  bytes_left_ -= std::min(bytes_left_, length);
  add(Gpa{d.low}, length);
  if (TxDescriptor::Data::eop::get(d.high)) end_frame(d, legacy);
}

/// 3.3.3, 3.3.7.3: CSS and POPTS count in the first descriptor; in a segmented frame so do VLE and
/// SPECIAL.
void Transmitter::begin_frame(const TxDescriptor& d, bool legacy) RT {
  using Data = TxDescriptor::Data;
  const std::uint8_t popts = legacy ? 0 : Data::popts::get(d.high);
  order_ = {.segment = !legacy && Data::tse::get(d.high),
            .ip_checksum = (popts & TxDescriptor::popts_ixsm) != 0,
            .transport_checksum = (popts & TxDescriptor::popts_txsm) != 0,
            .css = TxDescriptor::Legacy::css::get(d.high),
            .cso = TxDescriptor::Legacy::cso::get(d.high)};
  order_.context = contexts_[order_.segment ? 1 : 0];
  if (order_.segment && Data::vle::get(d.high)) order_.vlan_tag = Data::special::get(d.high);
}

void Transmitter::end_frame(const TxDescriptor& d, bool legacy) RT {
  using Data = TxDescriptor::Data;
  using Legacy = TxDescriptor::Legacy;
  if (!order_.segment) {
    if (Data::vle::get(d.high)) order_.vlan_tag = Data::special::get(d.high);
    order_.append_crc = Data::ifcs::get(d.high) || order_.vlan_tag.has_value();
    order_.legacy_checksum = legacy && Legacy::ic::get(d.high);
  }
  if (!Ctrl::vme::get(core_.reg(Reg::CTRL))) order_.vlan_tag.reset();
  if (spoiled_ || pieces_.bytes() == 0 || !sender_.begin(order_, pieces_)) finish_frame();
}

void Transmitter::add(Gpa address, std::uint32_t length) RT {
  if (spoiled_ || length == 0 || address == Gpa{}) return;  // 3.3.3: a null address has no data
  constexpr std::uint32_t most = Sender::most_frame_bytes;
  if (!order_.segment && length > most - std::min(most, pieces_.bytes()))
    return spoil(core_.counters.tx_too_long);
  switch (pieces_.add(core_.mem, address, length)) {
    case TxPieces::Added::yes: return;
    case TxPieces::Added::not_ram: return spoil(core_.counters.tx_not_ram);
    case TxPieces::Added::too_long: return spoil(core_.counters.tx_too_long);
  }
}

void Transmitter::spoil(std::uint64_t& counter) RT {
  ++counter;
  spoiled_ = true;
}

// --- the end of a frame ---

/// True when it is sent. Asks to be woken when the wire is full.
bool Transmitter::send_on() RT {
  const bool sent = sender_.send_on(frames_left_);
  const bool full = !sent && frames_left_ > 0;
  if (full != blocked_) wire_.want_send(full);
  blocked_ = full;
  if (!sent) return false;
  const std::uint64_t now = cycles();
  service_times_.record(now - given_at_, now);
  finish_frame();
  return true;
}

void Transmitter::finish_frame() RT {
  in_frame_ = spoiled_ = false;
  pieces_.clear();
  report();
}

/// The status with DD goes back when the frame is sent, as the guest's memory is not used any more
/// then. When there are too many of them, or the frame's end is not there yet, the data are copied
/// instead.
void Transmitter::note_done(const TxDescriptor& d, Gpa at) RT {
  const bool rs = TxDescriptor::rs::get(d.high);
  const bool ide = TxDescriptor::ide::get(d.high);
  if (rs && !ide) report_now_ = true;
  if (ide && (rs || delay_.running())) report_later_ = true;
  if (!rs) return;
  const std::uint8_t value = TxDescriptor::sta::get(d.high) | TxDescriptor::dd;
  if (done_count_ == done_.size()) report_part();
  done_[done_count_++] = {at + status_offset, value};
}

void Transmitter::report_part() RT {
  pieces_.stage(core_.mem);
  report();
}

void Transmitter::report() RT {
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t n = 0; n < done_count_; ++n)
    (void)core_.mem.store(done_[n].status, done_[n].value);
  done_count_ = 0;
  const std::int64_t delay = core_.delay_ns(Reg::TIDV);
  std::uint32_t causes = 0;
  if (report_now_ || (report_later_ && delay == 0)) {
    causes |= Cause::txdw;
    delay_.cancel();
  } else if (report_later_) {
    delay_.event(core_.clock.realtime_ns(), delay, core_.delay_ns(Reg::TADV));
  }
  report_now_ = report_later_ = false;
  if (Ring::of(core_.words, Reg::TDBAL).available() == 0) causes |= Cause::txqe;
  if (causes != 0) core_.interrupts.set_causes(causes);
}

void Transmitter::timer(std::int64_t now_ns) RT {
  if (delay_.ran_out(now_ns)) core_.interrupts.set_causes(Cause::txdw);
}

}  // namespace takt::e1000
