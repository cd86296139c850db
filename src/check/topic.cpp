// SPDX-License-Identifier: Apache-2.0
#include "check/topic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace takt::check {
namespace {

void replace(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at))
    text.replace(at, from.size(), to), at += to.size();
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass: return "PASS";
    case Verdict::warn: return "WARN";
    case Verdict::fail: return "FAIL";
    case Verdict::na: break;
  }
  return "n.a.";
}

std::string printable(std::string_view text, std::size_t most) {
  std::string out{text.substr(0, most)};
  for (char& c : out)
    if (c < 0x20 || c > 0x7e) c = '?';
  if (text.size() > most) out += "...";
  return out;
}

std::string some_of(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

void Topic::add(const Item& item, Verdict verdict, std::string_view value) {
  std::string fix{item.fix};
  replace(fix, "@cpus", target.set_aside ? target.cpus.text() : "LIST");
  replace(fix, "@rest", target.set_aside && target.rest.count() > 0 ? target.rest.text() : "REST");
  rows_.push_back({.topic = std::string{name_},
                   .name = std::string{item.name},
                   .verdict = verdict,
                   .value = printable(value),
                   .why = std::string{item.why},
                   .fix = std::move(fix)});
}

void Topic::number(const Item& item, std::string_view file,
                   const std::function<bool(std::int64_t)>& good, Verdict bad) {
  const auto value = files.number(file);
  if (!value) return na(item, value.error().text);
  judge(item, good(*value), bad, fmt::format("{}", *value));
}

void Topic::word(const Item& item, std::string_view file,
                 const std::function<bool(std::string_view)>& good, Verdict bad) {
  const auto value = files.line(file);
  if (!value) return na(item, value.error().text);
  judge(item, good(*value), bad, *value);
}

std::vector<Row> all_rows(const Host& host, const Target& target) {
  const bool arm64 = host.arch() == Arch::arm64;
  const std::array topics{kernel_rows,     isolation_rows,
                          scheduling_rows, rights_rows,
                          thread_rows,     interrupt_rows,
                          idle_rows,       memory_rows,
                          timer_rows,      smt_rows,
                          kvm_rows,        arm64 ? kvm_arm64_rows : kvm_x86_rows,
                          vfio_rows,       arm64 ? arm64_rows : x86_rows};
  std::vector<Row> rows;
  for (const auto make : topics)
    for (Row& row : make(host, target)) rows.push_back(std::move(row));
  return rows;
}

}  // namespace takt::check
