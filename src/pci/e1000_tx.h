// SPDX-License-Identifier: Apache-2.0
// The transmitter of the 82540EM: takes descriptors from the ring, gathers frames, sends them, and
// reports. 317453, 3.3 to 3.6 and 13.4.33 to 13.4.46. One turn takes 16 descriptors or 64 KiB.
#pragma once

#include <array>
#include <cstdint>

#include "base/histogram.h"
#include "bus/work.h"
#include "pci/e1000_core.h"
#include "pci/e1000_delay.h"
#include "pci/e1000_sender.h"
#include "pci/e1000_tail_marks.h"
#include "pci/e1000_tx_frame.h"
#include "pci/e1000_wire.h"

namespace takt::e1000 {

class Transmitter {
 public:
  static constexpr unsigned descriptors_in_a_turn = 16;
  static constexpr std::uint32_t bytes_in_a_turn = 64 * 1024;
  static constexpr unsigned frames_in_a_turn = 32;

  Transmitter(Core& core, Wire& wire) : core_{core}, wire_{wire}, sender_{core, wire} {}

  [[nodiscard]] Worked work() RT;
  /// TDT was written.
  void tail_written() RT;
  /// The ring is another one now: a frame in progress is given up.
  void ring_changed() RT;
  void reset() RT;
  /// Sets TXDW when the delay (TIDV, TADV) has run out.
  void timer(std::int64_t now_ns) RT;
  [[nodiscard]] const InterruptDelay& delay() const RT { return delay_; }
  /// From the write of TDT to the frame with the last of its descriptors handed over, in cycles.
  [[nodiscard]] const Histogram& service_times() const RT { return service_times_; }

 private:
  struct Done {
    Gpa status;
    std::uint8_t value = 0;
  };

  [[nodiscard]] bool ready() const RT;
  void take_descriptor() RT;
  void take_context(const TxDescriptor& d) RT;
  void take_data(const TxDescriptor& d, bool legacy) RT;
  void begin_frame(const TxDescriptor& d, bool legacy) RT;
  void end_frame(const TxDescriptor& d, bool legacy) RT;
  void add(Gpa address, std::uint32_t length) RT;
  void spoil(std::uint64_t& counter) RT;
  void note_done(const TxDescriptor& d, Gpa at) RT;
  [[nodiscard]] bool send_on() RT;
  void finish_frame() RT;
  void report() RT;
  void report_part() RT;

  Core& core_;
  Wire& wire_;
  Sender sender_;
  TxPieces pieces_;
  std::array<TxContext, 2> contexts_{};  // for checksums, and for segmentation (TSE)
  TxOrder order_;
  bool in_frame_ = false;  // descriptors before EOP were taken
  bool spoiled_ = false;   // this frame will not be sent
  bool stopped_ = false;   // the ring is not in RAM
  bool blocked_ = false;   // the wire is full
  std::array<Done, 64> done_{};
  std::size_t done_count_ = 0;
  bool report_now_ = false;
  bool report_later_ = false;
  InterruptDelay delay_;
  TailMarks marks_;
  std::uint64_t given_at_ = 0;
  unsigned descriptors_left_ = 0;
  std::uint32_t bytes_left_ = 0;
  unsigned frames_left_ = 0;
  Histogram service_times_;
};

}  // namespace takt::e1000
