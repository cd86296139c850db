// SPDX-License-Identifier: Apache-2.0
#include "record/trace_events.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

/// A double holds nanoseconds of three months of uptime to the digit, and later ones to within two.
double us(std::uint64_t ns) { return static_cast<double>(ns) / 1000.0; }

/// Names of threads are bytes that anybody chose: what is no UTF-8 is replaced.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

void add(fmt::memory_buffer& to, std::string_view text) { to.append(text); }

void add_quoted(fmt::memory_buffer& to, std::string_view text) {
  if (!is_plain(text)) return add(to, text_of(text));
  to.push_back('"');
  add(to, text);
  to.push_back('"');
}

}  // namespace

TraceArgs::TraceArgs(std::initializer_list<std::pair<std::string_view, Value>> members) {
  for (const auto& [key, value] : members) add(key, value);
}

void TraceArgs::add(std::string_view key, Value value) {
  fmt::format_to(fmt::appender{text_}, FMT_COMPILE(R"({}"{}":)"), text_.size() == 0 ? "" : ",",
                 key);
  if (const auto* text = std::get_if<std::string_view>(&value)) return add_quoted(text_, *text);
  if (const auto* number = std::get_if<double>(&value))
    fmt::format_to(fmt::appender{text_}, FMT_COMPILE("{}"), *number);
  else
    fmt::format_to(fmt::appender{text_}, FMT_COMPILE("{}"), std::get<std::uint64_t>(value));
}

TraceEvents::TraceEvents() { add(text_, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"); }

void TraceEvents::begin(std::string_view phase, TraceTrack track, std::string_view name,
                        std::uint64_t at_ns) {
  fmt::format_to(fmt::appender{text_},
                 FMT_COMPILE(R"({{"ph":"{}","pid":{},"tid":{},"ts":{},"name":)"), phase, track.pid,
                 track.tid, us(at_ns));
  add_quoted(text_, name);
}

void TraceEvents::end(const TraceArgs& args) {
  if (!args.text().empty())
    fmt::format_to(fmt::appender{text_}, FMT_COMPILE(R"(,"args":{{{}}})"), args.text());
  add(text_, "},\n");
}

/// A name, and the place among those that have one.
void TraceEvents::name(std::string_view what, TraceTrack track, std::string_view name) {
  begin("M", track, fmt::format("{}_name", what), 0);
  end({{"name", name}});
  begin("M", track, fmt::format("{}_sort_index", what), 0);
  end({{"sort_index", std::uint64_t{named_++}}});
}

void TraceEvents::name_process(std::int64_t pid, std::string_view name) {
  this->name("process", {.pid = pid, .tid = pid}, name);
}

void TraceEvents::name_track(TraceTrack track, std::string_view name) {
  this->name("thread", track, name);
}

void TraceEvents::slice(TraceTrack track, std::string_view name, std::uint64_t begin_ns,
                        std::uint64_t end_ns, const TraceArgs& args) {
  begin("X", track, name, begin_ns);
  fmt::format_to(fmt::appender{text_}, FMT_COMPILE(R"(,"dur":{})"), us(end_ns - begin_ns));
  end(args);
}

void TraceEvents::instant(TraceTrack track, std::string_view name, std::uint64_t at_ns,
                          const TraceArgs& args) {
  begin("i", track, name, at_ns);
  add(text_, R"(,"s":"t")");  // as high as its track
  end(args);
}

void TraceEvents::arrow(TraceTrack from, std::uint64_t from_ns, TraceTrack to,
                        std::uint64_t to_ns) {
  const std::string both = fmt::format(R"(,"cat":"posted","id":{})", arrows_++);
  begin("s", from, "posted", from_ns);
  add(text_, both);
  end();
  begin("f", to, "posted", to_ns);
  add(text_, both);
  add(text_, R"(,"bp":"e")");  // to the slice around it, not to the next
  end();
}

std::string TraceEvents::finish(const Json& about) && {
  std::string_view events{text_.data(), text_.size()};
  constexpr std::string_view comma = ",\n";
  if (events.ends_with(comma)) events.remove_suffix(comma.size());
  return fmt::format("{}\n],\n\"otherData\":{}}}\n", events, text_of(about));
}

}  // namespace takt
