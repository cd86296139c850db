// SPDX-License-Identifier: Apache-2.0
#include "record/trace_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace takt {
namespace {

/// What is left of a line, taken from its front. Each take says whether it was there.
class Rest {
 public:
  explicit Rest(std::string_view text) : text_{text} {}

  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  void take_spaces() { text_.remove_prefix(std::min(text_.find_first_not_of(' '), text_.size())); }
  template <class Number>
  bool take_number(Number& to) {
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), to);
    if (error != std::errc{}) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }
  /// Up to `mark`, which goes too.
  bool take_until(std::string_view mark, std::string_view& to) {
    const std::size_t at = text_.find(mark);
    if (at == text_.npos) return false;
    to = text_.substr(0, at);
    text_.remove_prefix(at + mark.size());
    return true;
  }
  [[nodiscard]] std::string_view all() const { return text_; }

 private:
  std::string_view text_;
};

/// "8.505622": seconds, and six digits of microseconds.
bool take_time(Rest& rest, std::uint64_t& at_ns) {
  constexpr std::uint64_t most_seconds = 1'000'000'000;  // the product below fits
  std::uint64_t seconds = 0;
  if (!rest.take_number(seconds) || seconds > most_seconds || !rest.take(".")) return false;
  const std::size_t before = rest.all().size();
  std::uint32_t us = 0;
  if (!rest.take_number(us) || before - rest.all().size() != 6) return false;
  at_ns = (seconds * 1'000'000 + us) * 1000;
  return true;
}

/// "-812     [001] d..2.     8.505622: sched_switch: prev_comm=...": what follows the name.
bool take_event(Rest rest, HostEvent& event) {
  if (!rest.take("-") || rest.all().starts_with('-') || !rest.take_number(event.tid)) return false;
  rest.take_spaces();
  std::string_view flags;
  if (!rest.take("[") || !rest.take_number(event.cpu) || !rest.take("] ")) return false;
  if (!rest.take_until(" ", flags)) return false;
  rest.take_spaces();
  if (!take_time(rest, event.at_ns) || !rest.take(": ")) return false;
  std::string_view name;
  if (!rest.take_until(": ", name)) return false;
  event.name = name;
  event.details = rest.all();
  return true;
}

}  // namespace

std::optional<HostEvent> parse_trace_line(std::string_view line) {
  HostEvent event;
  // The name comes first and may have dashes. With 15 characters it cannot look like all the rest.
  constexpr std::size_t widest_name = 16;
  std::size_t dash = line.find('-');
  while (dash != line.npos && dash <= widest_name) {
    if (take_event(Rest{line.substr(dash)}, event)) {
      const std::string_view name = line.substr(0, dash);
      event.thread = name.substr(std::min(name.find_first_not_of(' '), name.size()));
      return event;
    }
    dash = line.find('-', dash + 1);
  }
  return std::nullopt;
}

std::vector<HostEvent> parse_trace(std::string_view text) {
  std::vector<HostEvent> events;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (auto event = parse_trace_line(text.substr(0, end))) events.push_back(std::move(*event));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  sort_by_time(events);
  return events;
}

void sort_by_time(std::vector<HostEvent>& events) {
  if (std::ranges::is_sorted(events, {}, &HostEvent::at_ns)) return;  // as the kernel prints them
  std::vector<std::pair<std::uint64_t, std::size_t>> order;  // the place keeps those of one instant
  for (std::size_t n = 0; n < events.size(); ++n) order.emplace_back(events[n].at_ns, n);
  std::ranges::sort(order);
  std::vector<HostEvent> sorted;
  for (const auto& [at_ns, place] : order) sorted.push_back(std::move(events[place]));
  events = std::move(sorted);
}

}  // namespace takt
