// SPDX-License-Identifier: Apache-2.0
#include "virtio/console.h"

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "virtio/config_bytes.h"

namespace takt::virtio {

using namespace console;

ConsoleDevice::ConsoleDevice(std::span<const ConsolePort> ports)
    : wiring_(ports.begin(), ports.end()),
      sizes_(2 * ports.size() + 2, queue_size),
      lanes_(sizes_.size()) {
  if (ports.empty() || ports.size() > most_ports) VMM_BUG("a console device's number of ports");
}

std::uint64_t ConsoleDevice::features() const {
  return console::feature::size | console::feature::multiport | console::feature::emerg_write;
}

std::uint64_t ConsoleDevice::read_config(std::uint64_t offset, Width width) RT {
  const Config config{.cols = state_.cols,
                      .rows = state_.rows,
                      .max_nr_ports = static_cast<std::uint32_t>(wiring_.size()),
                      .emerg_wr = 0};
  return read_bytes(config, offset, width);
}

/// 5.3.6.1: works at any time, before the driver is there too.
void ConsoleDevice::write_config(std::uint64_t offset, Width, std::uint64_t value) RT {
  if (offset != offsetof(Config, emerg_wr) || wiring_[0].sink == nullptr) return;
  if (!wiring_[0].sink->push(static_cast<std::uint8_t>(value))) ++counters_.emergency_lost;
}

void ConsoleDevice::start(std::uint64_t features, std::span<Virtqueue> queues,
                          Interrupts& interrupts) RT {
  state_.features = features;
  queues_ = queues;
  interrupts_ = &interrupts;
  std::ranges::fill(lanes_, Lane{.pending = true});
  blocked_ = {};
  if (!multiport()) state_.ports[0].ready = state_.ports[0].open = true;
  // Input is looked for buffers when it comes.
  for (std::size_t port = 0; port < wiring_.size(); ++port) queues_[rx_queue(port)].disable_kicks();
}

bool ConsoleDevice::stop() RT {
  interrupts_ = nullptr;
  queues_ = {};
  state_.features = 0;
  for (Port& port : state_.ports) port = Port{.connected = port.connected};
  return true;
}

bool ConsoleDevice::stop_queue(unsigned queue) RT {
  lanes_[queue].stopping = true;
  return true;
}

void ConsoleDevice::restart_queue(unsigned queue) RT {
  lanes_[queue] = Lane{.pending = true};
  for (std::size_t port = 0; port < wiring_.size(); ++port) {
    if (queue == rx_queue(port)) queues_[queue].disable_kicks();
    if (queue == tx_queue(port)) state_.ports[port].sent = 0;
  }
}

void ConsoleDevice::notified(unsigned queue) RT { lanes_[queue].pending = true; }

bool ConsoleDevice::exists(std::size_t port) const RT {
  return port == 0 || (multiport() && port < wiring_.size());
}

bool ConsoleDevice::running(unsigned queue) const RT {
  return interrupts_ != nullptr && !lanes_[queue].stopping;
}

/// The next chain, into chain_.
bool ConsoleDevice::pop(unsigned queue) RT {
  if (!running(queue)) return false;
  const Pop got = queues_[queue].pop(chain_);
  if (got == Pop::broken) interrupts_->needs_reset();
  return got == Pop::chain;
}

void ConsoleDevice::push(unsigned queue, std::uint32_t written) RT {
  queues_[queue].push(chain_, written);
  lanes_[queue].used = true;
}

void ConsoleDevice::interrupt() RT {
  for (unsigned queue = 0; queue < lanes_.size(); ++queue)
    if (std::exchange(lanes_[queue].used, false) && queues_[queue].needs_interrupt())
      interrupts_->queue_used(queue);
}

Worked ConsoleDevice::work() RT {
  if (interrupts_ == nullptr) return Worked::nothing;
  bool worked = multiport() && take_controls();
  worked |= multiport() && send_controls();
  std::size_t budget = bytes_in_a_turn;
  const std::size_t first = next_port_;
  for (std::size_t n = 0; n < wiring_.size() && budget > 0; ++n) {
    const std::size_t port = (first + n) % wiring_.size();
    worked |= transmit(port, budget);
    next_port_ = port + 1;
  }
  interrupt();
  bool more = multiport() && lanes_[control_tx].pending && running(control_tx);
  for (std::size_t port = 0; port < wiring_.size(); ++port)
    more |= exists(port) && lanes_[tx_queue(port)].pending && !blocked_[port] &&
            running(tx_queue(port));
  if (more) return Worked::some;
  return worked ? Worked::all : Worked::nothing;
}

// --- output ---

/// What the port's transmit queue has, as far as sink and budget go. True: something was done.
bool ConsoleDevice::transmit(std::size_t port, std::size_t& budget) RT {
  const unsigned queue = tx_queue(port);
  Lane& lane = lanes_[queue];
  bool worked = false;
  for (unsigned n = 0; n < chains_in_a_turn && budget > 0; ++n) {
    if (!exists(port) || !running(queue) || !lane.pending || blocked_[port]) break;
    if (!pop(queue)) {
      lane.pending = queues_[queue].enable_kicks();
      continue;
    }
    std::uint64_t& sent = state_.ports[port].sent;
    const std::size_t now = send(port, budget);
    budget -= now;
    sent += now;
    worked |= now > 0;
    if (sent < chain_.readable_bytes()) {
      queues_[queue].undo_pop();
      continue;
    }
    push(queue, 0);
    sent = 0;
    worked = true;
  }
  return worked;
}

/// Sends from chain_, behind what is sent already; returns how many bytes the sink took. The chain
/// may have become a shorter one since, by a driver that rewrites what it has made available.
std::size_t ConsoleDevice::send(std::size_t port, std::size_t most) RT {
  ByteSink* sink = wiring_[port].sink;
  std::uint64_t skip = state_.ports[port].sent;
  std::size_t total = 0;
  for (const iovec& piece : chain_.readable()) {
    if (skip >= piece.iov_len) {
      skip -= piece.iov_len;
      continue;
    }
    const std::size_t bytes = std::min<std::size_t>(piece.iov_len - skip, most - total);
    const std::span part{static_cast<const std::uint8_t*>(piece.iov_base) + skip, bytes};
    const std::size_t taken = sink == nullptr ? bytes : sink->push_some(part);
    total += taken;
    skip = 0;
    blocked_[port] = taken < bytes;
    if (blocked_[port] || total == most) break;
  }
  return total;
}

void ConsoleDevice::tx_resume(std::size_t port) RT {
  if (!std::exchange(blocked_[port], false) || interrupts_ == nullptr) return;
  std::size_t budget = bytes_in_a_turn;
  transmit(port, budget);
  interrupt();
}

// --- input ---

std::size_t ConsoleDevice::receive(std::size_t port, std::span<const std::uint8_t> bytes) RT {
  if (interrupts_ == nullptr || !exists(port) || !state_.ports[port].open) return 0;
  const unsigned queue = rx_queue(port);
  std::size_t taken = 0;
  for (unsigned n = 0; n < chains_in_a_turn && taken < bytes.size() && pop(queue); ++n) {
    const std::size_t part = chain_.write(0, std::as_bytes(bytes.subspan(taken)));
    push(queue, static_cast<std::uint32_t>(part));
    taken += part;
  }
  interrupt();
  return taken;
}

std::uint64_t ConsoleDevice::room(std::size_t port) RT {
  if (interrupts_ == nullptr || !exists(port) || !state_.ports[port].open) return 0;
  if (!pop(rx_queue(port))) return 0;
  queues_[rx_queue(port)].undo_pop();
  return chain_.writable_bytes();
}

}  // namespace takt::virtio
