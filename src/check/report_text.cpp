// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "check/report.h"

namespace takt::check {
namespace {

constexpr std::size_t columns = 120;

/// `text` in lines that fit, each after the first indented by `indent`; `at` columns are taken.
std::string wrapped(std::string_view text, std::size_t at, std::size_t indent) {
  std::string out;
  while (!text.empty()) {
    const std::size_t room = columns - at;
    if (text.size() <= room) return out.append(text);
    std::size_t end = text.rfind(' ', room);
    const bool hard = end == std::string_view::npos || end == 0;
    if (hard) end = room;
    out.append(text.substr(0, end)).append("\n").append(indent, ' ');
    text.remove_prefix(hard ? end : end + 1);
    at = indent;
  }
  return out;
}

std::string_view colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "\x1b[32m";
    case Verdict::warn: return "\x1b[33m";
    case Verdict::fail: return "\x1b[1;31m";
    case Verdict::na: break;
  }
  return "\x1b[2m";
}

std::string shown(Verdict verdict, bool colour) {
  if (!colour) return std::string{verdict_name(verdict)};
  return fmt::format("{}{}\x1b[0m", colour_of(verdict), verdict_name(verdict));
}

/// "FAIL (2): preempt-rt, nohz-full".
std::string summary_line(const Report& report, Verdict verdict, bool colour) {
  const std::size_t count = report.count(verdict);
  if (count == 0) return "";
  const std::string head = fmt::format(" ({}): ", count);
  std::string names;
  for (const Row& row : report.rows)
    if (row.verdict == verdict) names += (names.empty() ? "" : ", ") + row.name;
  const std::size_t indent = verdict_name(verdict).size() + head.size();
  return shown(verdict, colour) + head + wrapped(names, indent, indent) + "\n";
}

std::string row_text(const Row& row, std::size_t name_width, bool colour) {
  const std::size_t value_at = 2 + 4 + 2 + name_width + 2;
  std::string text = fmt::format("  {}  {:{}}  {}\n", shown(row.verdict, colour), row.name,
                                 name_width, wrapped(row.value, value_at, value_at));
  if (row.verdict != Verdict::warn && row.verdict != Verdict::fail) return text;
  const std::string indent(value_at, ' ');
  text += indent + wrapped(row.why, value_at, value_at) + "\n";
  return text + indent + wrapped("-> " + row.fix, value_at, value_at + 3) + "\n";
}

std::string delivery_text(const Report& report) {
  std::string text = "interrupt delivery                exits  by\n";
  for (const Delivery& d : report.delivery) {
    constexpr std::size_t at = 2 + 30 + 2 + 5 + 2;
    text += fmt::format("  {:30}  {:>5}  {}\n", d.event, d.exits, wrapped(d.mechanism, at, at));
    std::string note = d.note;
    if (!d.measured.empty()) note += (note.empty() ? "" : "; ") + ("measured: " + d.measured);
    if (!note.empty()) text += std::string(at, ' ') + wrapped(note, at, at) + "\n";
  }
  return text + "Counts are from documents unless 'measured' stands there.\n";
}

}  // namespace

std::string to_text(const Report& report, bool colour) {
  const std::string title = fmt::format("takt check: Linux {} {}, CPUs {} ({})", report.kernel,
                                        report.machine, report.cpus, report.origin);
  std::string text = wrapped(title, 0, 12) + "\n";
  text += summary_line(report, Verdict::fail, colour) + summary_line(report, Verdict::warn, colour);
  text += fmt::format("{} {}, {} {}\n", report.count(Verdict::pass), verdict_name(Verdict::pass),
                      report.count(Verdict::na), verdict_name(Verdict::na));
  std::size_t name_width = 0;
  for (const Row& row : report.rows) name_width = std::max(name_width, row.name.size());
  std::string_view topic;
  for (const Row& row : report.rows) {
    if (row.topic != topic) text += fmt::format("\n{}\n", row.topic);
    topic = row.topic;
    text += row_text(row, name_width, colour);
  }
  return text + "\n" + delivery_text(report);
}

}  // namespace takt::check
