// SPDX-License-Identifier: Apache-2.0
// The receiver of the 82540EM: takes frames from the host, filters them, and puts them into the
// ring's buffers. 317453, 3.2 and 13.4.22 to 13.4.32. One turn takes 16 frames or 64 KiB.
//
// Its FIFO holds one frame. When the ring has no room for it, it waits there: RXO and RNBC tell the
// guest, and the host is not asked for more until RDT is written. MPC counts what can never fit. On
// the host's side frames have no CRC and may be short; here they are padded, and the CRC is made
// when the guest wants it (RCTL.SECRC is 0).
#pragma once

#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>

#include "base/histogram.h"
#include "bus/frame_port.h"
#include "bus/work.h"
#include "pci/e1000_core.h"
#include "pci/e1000_delay.h"

namespace takt::e1000 {

class Receiver {
 public:
  static constexpr unsigned frames_in_a_turn = 16;
  static constexpr std::uint32_t bytes_in_a_turn = 64 * 1024;

  Receiver(Core& core, FramePort& port) : core_{core}, port_{port} {}

  [[nodiscard]] Worked work() RT;
  /// A frame of the device's own transmitter. It is lost when the FIFO is full.
  void loop_back(std::span<const iovec> pieces) RT;
  void set_loopback(bool on) RT { loopback_ = on; }
  /// The ring's registers or RCTL were written.
  void ring_changed() RT { stopped_ = false; }
  /// RDT was written, by any thread. True when a frame waits for it, so that the server is to be
  /// woken: otherwise new descriptors are looked at when the next frame comes.
  [[nodiscard]] bool tail_matters() const RT { return starved_.load(std::memory_order_seq_cst); }
  void reset() RT;
  /// RDTR.FPD: what is delayed is reported now.
  void flush() RT;
  void timer(std::int64_t now_ns) RT;
  [[nodiscard]] const InterruptDelay& delay() const RT { return delay_; }
  /// From the start of the turn that took a frame to its interrupt's cause set, or its delay begun,
  /// in cycles.
  [[nodiscard]] const Histogram& service_times() const RT { return service_times_; }

 private:
  static constexpr std::uint32_t most_bytes = 16384;  // with CRC, 13.4.22 LPE
  static constexpr std::uint32_t crc_bytes = 4;

  /// A frame that has passed the filters, as it goes to the guest.
  struct Fifo {
    bool full = false;
    bool told = false;            // that it has to wait
    std::uint32_t seen_tail = 0;  // RDT when it did not fit
    bool control = false;         // a MAC control frame
    std::uint32_t start = 0;
    std::uint32_t bytes = 0;
    std::uint32_t on_the_wire = 0;
    RxDescriptor last = {};  // status, errors, checksum and special of its last descriptor
  };

  [[nodiscard]] bool on() const RT;
  [[nodiscard]] bool room_has_come() RT;
  void update_want() RT;
  void take(const FramePort::Received& received) RT;
  void accept(std::uint32_t bytes, bool trusted) RT;
  [[nodiscard]] bool passes(std::span<const std::uint8_t> frame, std::uint32_t total) RT;
  [[nodiscard]] bool passes_filters(std::span<const std::uint8_t> frame) RT;
  void count_good() RT;
  void count_control(std::span<const std::uint8_t> frame) RT;
  void complete_checksum(const FrameHeader& header, std::uint32_t bytes) RT;
  void prepare(std::uint32_t bytes, bool trusted) RT;
  void strip_tag() RT;
  void judge_checksums(std::span<const std::uint8_t> data, bool trusted) RT;
  [[nodiscard]] std::uint16_t packet_checksum() const RT;
  [[nodiscard]] bool deliver() RT;
  [[nodiscard]] bool put(const Ring& ring, std::uint32_t at, std::uint32_t from,
                         std::uint32_t length, bool last) RT;
  void report(std::uint32_t before, const Ring& ring) RT;
  void miss() RT;

  Core& core_;
  FramePort& port_;
  Fifo fifo_;
  bool stopped_ = false;  // the ring is not in RAM; until its registers are written
  std::uint32_t stopped_tail_ = 0;
  std::atomic<bool> starved_ = false;
  bool loopback_ = false;
  bool inexact_ = false;  // the frame has passed an inexact filter only
  std::optional<bool> wanted_;
  InterruptDelay delay_;
  std::uint64_t turn_began_ = 0;
  Histogram service_times_;
  std::array<std::uint8_t, most_bytes + crc_bytes> buffer_{};
};

}  // namespace takt::e1000
