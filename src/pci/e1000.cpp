// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000.h"

#include <algorithm>
#include <array>

#include "pci/e1000_checksum.h"

namespace takt {

using namespace e1000;

namespace {

constexpr AccessRule rule(Reg reg, Run read, Run write) {
  const auto first = static_cast<std::uint32_t>(reg);
  return {.first = first, .last = first + 3, .read = read, .write = write};
}

constexpr Reg reg_at(std::uint32_t offset) { return Reg{offset}; }

}  // namespace

E1000::E1000(FramePort& port, IrqSink& line, Clock& clock, Alarm& alarm, const GuestMem& mem,
             Bell& bell, const MacAddress& mac)
    : clock_{clock},
      alarm_{alarm},
      bell_{bell},
      interrupts_{line, clock, bell},
      core_{mem, clock, interrupts_},
      eeprom_{mac},
      receiver_{core_, port},
      outside_{port, receiver_},
      transmitter_{core_, outside_},
      status_{Status::link_down} {
  CrcSum::set_up();
  load_address();
  update_link();
}

void E1000::belong_to(pci::Function& function) {
  function_ = &function;
  function.tell_bus_master(bell_);
}

AccessRules E1000::rules() const {
  static constexpr std::array<AccessRule, 7> rules{{
      rule(Reg::STATUS, Run::in_line, Run::synchronous),
      rule(Reg::ICR, Run::in_line, Run::in_line),
      rule(Reg::ICS, Run::in_line, Run::in_line),
      rule(Reg::IMS, Run::in_line, Run::in_line),
      rule(Reg::IMC, Run::in_line, Run::in_line),
      rule(Reg::RDT, Run::in_line, Run::in_line),
      rule(Reg::TDT, Run::synchronous, Run::posted),
  }};
  return AccessRules{rules};
}

/// Registers are of 32 bits: a narrow read gets a part, a narrow or unaligned write is dropped
/// (13.2: byte enables are not looked at).
std::uint64_t E1000::read(Access access) RT {
  if (access.offset >= register_bytes) return 0;
  const auto offset = static_cast<std::uint32_t>(access.offset);
  return read_register(offset & ~3u) >> (offset & 3) * 8;
}

void E1000::write(Access access, std::uint64_t value) RT {
  if (access.offset >= register_bytes) return;
  if (access.width != Width::b4 || !is_aligned(access.offset, 4)) {
    odd_accesses_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  write_register(static_cast<std::uint32_t>(access.offset), static_cast<std::uint32_t>(value));
}

std::uint32_t E1000::read_register(std::uint32_t offset) RT {
  switch (reg_at(offset)) {
    case Reg::CTRL_DUP: return core_.reg(Reg::CTRL);
    case Reg::STATUS: return status_.load(std::memory_order_relaxed);
    case Reg::EECD: return read_eecd();
    case Reg::ICR: return interrupts_.read_icr();
    case Reg::ICS:
    case Reg::IMC: return 0;  // write only
    case Reg::IMS: return interrupts_.ims();
    case Reg::RDT: return core_.rdt.load(std::memory_order_relaxed);
    default: break;
  }
  if (offset >= statistics_first && offset <= statistics_last) return core_.statistics.read(offset);
  return core_.words[offset / 4];
}

void E1000::write_register(std::uint32_t offset, std::uint32_t value) RT {
  const Reg reg = reg_at(offset);
  switch (reg) {
    case Reg::CTRL:
    case Reg::CTRL_DUP: return write_ctrl(value);
    case Reg::EECD: return write_eecd(value);
    case Reg::EERD: return void(core_.words[word(reg)] = eeprom_.read_by_eerd(value));
    case Reg::MDIC: return write_mdic(value);
    case Reg::ICR: return interrupts_.write_icr(value);
    case Reg::ITR: return write_itr(value);
    case Reg::ICS: return interrupts_.set_causes(value);
    case Reg::IMS: return interrupts_.write_ims(value);
    case Reg::IMC: return interrupts_.write_imc(value);
    case Reg::RDT: return write_rdt(value);
    case Reg::RDTR: return write_rdtr(value);
    default: break;
  }
  store(reg, value);
  switch (reg) {
    case Reg::RCTL: update_phy(); [[fallthrough]];
    case Reg::RDBAL:
    case Reg::RDBAH:
    case Reg::RDLEN:
    case Reg::RDH: return receive_ring_changed();
    case Reg::TDBAL:
    case Reg::TDBAH:
    case Reg::TDLEN:
    case Reg::TDH: return transmitter_.ring_changed();
    case Reg::TDT: transmitter_.tail_written(); return bell_.ring();
    case Reg::TCTL: return bell_.ring();
    default: return;
  }
}

void E1000::store(Reg reg, std::uint32_t value) RT {
  const std::uint32_t mask = writable_words[word(reg)];
  std::uint32_t& stored = core_.words[word(reg)];
  stored = (stored & ~mask) | (value & mask);
}

// --- registers with an effect ---

void E1000::write_ctrl(std::uint32_t value) RT {
  const std::uint32_t rising = value & ~core_.reg(Reg::CTRL);
  if (Ctrl::phy_rst::get(rising)) phy_.reset();
  if (Ctrl::rst::get(value)) return reset();
  store(Reg::CTRL, value);
  if (Ctrl::slu::get(rising) || Ctrl::phy_rst::get(rising)) link_came_up();
  update_phy();
}

void E1000::reset() RT {
  core_.words = reset_words;
  core_.rdt = 0;
  interrupts_.reset();
  receiver_.reset();
  transmitter_.reset();
  load_address();
  update_phy();
  bell_.ring();  // the port is told what is wanted now
}

/// 5.6.1: the first receive address comes from the EEPROM.
void E1000::load_address() RT {
  core_.words[word(Reg::RAL)] = eeprom_.word(0) | std::uint32_t{eeprom_.word(1)} << 16;
  core_.words[word(Reg::RAH)] = Rah::av::set(eeprom_.word(2), true);
}

std::uint32_t E1000::read_eecd() const RT {
  const std::uint32_t raw = core_.reg(Reg::EECD);
  return Eecd::data_out::set(Eecd::gnt::set(raw, Eecd::req::get(raw)), eeprom_.data_out());
}

void E1000::write_eecd(std::uint32_t value) RT {
  store(Reg::EECD, value);
  eeprom_.pins(Eecd::cs::get(value), Eecd::sk::get(value), Eecd::data_in::get(value));
}

/// 13.4.6. It is done at once; nobody answers at another address than the PHY's.
void E1000::write_mdic(std::uint32_t value) RT {
  const bool present = Mdic::phyadd::get(value) == Phy::address;
  const std::uint32_t reg = Mdic::regadd::get(value);
  const Mdic::Op op = Mdic::op::get(value);
  std::uint32_t result = Mdic::error::set(Mdic::ready::set(value, true), !present);
  if (op == Mdic::Op::read)
    result = Mdic::data::set(result, present ? phy_.read(reg) : std::uint16_t{0xffff});
  if (op == Mdic::Op::write && present)
    phy_.write(reg, static_cast<std::uint16_t>(Mdic::data::get(value)));
  core_.words[word(Reg::MDIC)] = result;
  update_phy();
  if (phy_.renegotiated()) link_came_up();
  if (Mdic::interrupt::get(value)) interrupts_.set_causes(Cause::mdac);
}

void E1000::write_itr(std::uint32_t value) RT {
  store(Reg::ITR, value);
  interrupts_.write_itr(core_.reg(Reg::ITR));
}

/// Inline: descriptors that come while none is missed cost the vCPU no more than this.
void E1000::write_rdt(std::uint32_t value) RT {
  core_.rdt.store(value & writable_words[word(Reg::RDT)], std::memory_order_seq_cst);
  if (receiver_.tail_matters()) bell_.ring();
}

void E1000::write_rdtr(std::uint32_t value) RT {
  store(Reg::RDTR, value);
  if (Rdtr::fpd::get(value)) receiver_.flush();
}

void E1000::receive_ring_changed() RT {
  receiver_.ring_changed();
  bell_.ring();
}

void E1000::update_phy() RT {
  constexpr std::uint32_t mac = 1;
  constexpr std::uint32_t transceiver = 3;
  const std::uint32_t lbm = Rctl::lbm::get(core_.reg(Reg::RCTL));
  const bool on = lbm == mac || lbm == transceiver || phy_.loopback();
  receiver_.set_loopback(on);
  outside_.set_loopback(on);
  update_link();
  bell_.ring();
}

// --- link ---

void E1000::set_link(bool up) RT {
  phy_.set_link(up);
  update_link();
}

void E1000::update_link() RT {
  const bool up = (phy_.link() || phy_.loopback()) && !phy_.powered_down();
  const std::uint32_t status = Status::lu::set(Status::link_down, up);
  const std::uint32_t before = status_.exchange(status, std::memory_order_relaxed);
  core_.link = up;
  if (status == before) return;
  interrupts_.set_causes(Cause::lsc);
  bell_.ring();
}

/// What takes time on the hardware, and is seen there as a change of the link.
void E1000::link_came_up() RT {
  if (core_.link) interrupts_.set_causes(Cause::lsc);
}

// --- the server ---

/// Interrupts and their delays go on without bus mastering: the line needs none.
Worked E1000::work() RT {
  interrupts_.take_over();
  Worked worked = Worked::nothing;
  if (function_ == nullptr || function_->is_bus_master())
    worked = std::max(transmitter_.work(), receiver_.work());
  update_alarm();
  return worked;
}

void E1000::alarm_fired() RT {
  armed_.reset();
  const std::int64_t now = clock_.realtime_ns();
  transmitter_.timer(now);
  receiver_.timer(now);
  interrupts_.settle();
  update_alarm();
}

/// The alarm is set earlier only: one that comes too early costs less than setting it anew for each
/// frame.
void E1000::update_alarm() RT {
  std::optional<std::int64_t> next;
  for (const auto due :
       {interrupts_.held_until(), receiver_.delay().due_ns(), transmitter_.delay().due_ns()})
    if (due && (!next || *due < *next)) next = due;
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = next;
  alarm_.arm(*next);
}

Counters E1000::counters() const RT {
  Counters counters = core_.counters;
  counters.odd_accesses = odd_accesses_.load(std::memory_order_relaxed);
  return counters;
}

FrameOffloads E1000::Outside::offloads() const RT {
  return loopback_ ? FrameOffloads{} : port_.send_offloads();
}

bool E1000::Outside::send(const FrameHeader& header, std::span<const iovec> pieces) RT {
  if (!loopback_) return port_.send(header, pieces);
  receiver_.loop_back(pieces);
  return true;
}

// --- I/O space ---

AccessRules E1000Io::rules() const {
  static constexpr std::array<AccessRule, 1> rules{
      {{.first = 0, .last = E1000::io_bytes - 1, .read = Run::in_line, .write = Run::in_line}}};
  return AccessRules{rules};
}

std::uint64_t E1000Io::read(Access access) RT {
  const std::uint32_t address = address_.load(std::memory_order_relaxed);
  if (access.offset == address_offset) return address;
  if (access.offset != data_offset || address >= E1000::memory_bytes) return 0;
  return registers_.read({.offset = address, .width = access.width, .from = access.from});
}

void E1000Io::write(Access access, std::uint64_t value) RT {
  const std::uint32_t address = address_.load(std::memory_order_relaxed);
  if (access.width != Width::b4) return;
  if (access.offset == address_offset)
    return address_.store(static_cast<std::uint32_t>(value), std::memory_order_relaxed);
  if (access.offset != data_offset || address >= E1000::memory_bytes) return;
  registers_.write({.offset = address, .width = access.width, .from = access.from}, value);
}

}  // namespace takt
