// SPDX-License-Identifier: Apache-2.0
#include "common/report.h"

#include <cstddef>
#include <utility>

namespace probe {

void fatal(std::string_view what, Leave value) {
  Output{machine::write_console}.text("error: ").text(what).end_line();
  machine::leave(std::to_underlying(value));
}

void Report::header() {
  out_.text("TAKT-PROBE v1").field("arch", machine::arch());
  out_.text(" ").text(clock_.name).text("_khz=").dec(clock_.khz);
  out_.text(" ").text(clock_.name).text("_source=").text(clock_.source);
  machine::describe(out_);
  out_.end_line();
}

Output& Report::result(std::string_view name, std::string_view unit, const Histogram& h) {
  out_.text("result").field("name", name).field("unit", unit).field("count", h.count());
  out_.field("min", h.min()).field("avg", h.average());
  return out_.field("p99", h.quantile(990)).field("max", h.max());
}

void Report::end(std::string_view name, std::string_view unit, const Histogram& h) {
  out_.end_line();
  if (options_.hist) hist(name, unit, h);
}

void Report::hist(std::string_view name, std::string_view unit, const Histogram& h) {
  out_.text("hist").field("name", name).field("unit", unit);
  out_.field("sub", 1u << Histogram::sub_bits);
  std::string_view separator = " ";
  for (std::size_t i = 0; i < Histogram::buckets; ++i) {
    if (h.count_in(i) == 0) continue;
    out_.text(separator).dec(Histogram::lower(i)).text(":").dec(h.count_in(i));
    separator = ",";
  }
  out_.end_line();
}

void Report::skipped(std::string_view name, std::string_view why) {
  out_.text(name).text(" skipped: ").text(why).end_line();
}

void Report::fail(std::string_view name, std::string_view what, Leave value) {
  out_.text("error: ").text(name).text(": ").text(what).end_line();
  machine::leave(std::to_underlying(value));
}

void Report::done() { out_.text("TAKT-PROBE done").end_line(); }

std::uint64_t Report::to_time(std::uint64_t ticks) const {
  if (clock_.khz == 0) return ticks;
  return ticks / clock_.khz * 1'000'000 + ticks % clock_.khz * 1'000'000 / clock_.khz;
}

std::uint64_t Report::from_us(std::uint64_t us) const {
  return us * (clock_.khz != 0 ? clock_.khz : 1'000'000) / 1000;
}

}  // namespace probe
