// SPDX-License-Identifier: Apache-2.0
#include "ctl/stat_text.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace takt::ctl {
namespace {

using Json = nlohmann::json;

// Whatever the other side sends is data: a value that is absent, or of another kind, is 0 or "".
double number(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_number() ? it->get<double>() : 0;
}

std::string word(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() && it->is_string() ? it->get<std::string>() : "";
}

Json member(const Json& object, const char* key) {
  const auto it = object.is_object() ? object.find(key) : object.end();
  return it != object.end() ? *it : Json{};
}

/// The element of an array whose member `key` is `value`; null if there is none.
Json element(const Json& array, const char* key, const std::string& value) {
  if (array.is_array())
    for (const Json& candidate : array)
      if (word(candidate, key) == value) return candidate;
  return {};
}

double micro(const Json& object, const char* key) { return number(object, key) / 1e3; }

std::string slowest_text(const Json& exit) {
  const Json slowest = member(exit, "slowest");
  if (!slowest.is_object()) return "";
  const Json write = member(slowest, "write");
  return fmt::format("{} {} {}", write.is_boolean() && write.get<bool>() ? "write" : "read",
                     word(slowest, "address"), word(slowest, "device"));
}

using Out = std::back_insert_iterator<std::string>;

struct Interval {
  Json before;
  double seconds;
};

double rate(double now, double before, const Interval& interval) {
  return interval.seconds > 0 && now > before ? (now - before) / interval.seconds : 0;
}

/// A list of tracks and the member in which each says what it did.
struct Tracks {
  const char* list;
  const char* kinds;
};

void write_track(Out out, const Json& track, const Tracks& tracks, const Interval& interval) {
  const Json old = element(member(interval.before, tracks.list), "name", word(track, "name"));
  const Json kinds = member(track, tracks.kinds);
  if (!kinds.is_object()) return;
  for (const auto& [kind, records] : kinds.items()) {
    const Json was = member(member(old, tracks.kinds), kind.c_str());
    fmt::format_to(out, "{:<15} {:<12} {:>10.0f} {:>9.1f} {:>9.1f} {:>9.1f}  {:>9.3f}  {}\n",
                   word(track, "name"), kind,
                   rate(number(records, "count"), number(was, "count"), interval),
                   micro(records, "p50_ns"), micro(records, "p99_ns"), micro(records, "max_ns"),
                   number(records, "max_at_ns") / 1e9, slowest_text(records));
  }
}

void write_tracks(Out out, const Json& all, const Tracks& tracks, const Interval& interval) {
  const Json list = member(all, tracks.list);
  if (list.is_array())
    for (const Json& track : list) write_track(out, track, tracks, interval);
}

void write_thread(Out out, const Json& thread, const Interval& interval) {
  const Json old = element(member(interval.before, "threads"), "name", word(thread, "name"));
  const double delay_us = micro(thread, "run_delay_ns") - micro(old, "run_delay_ns");
  fmt::format_to(out, "{:<15} {:>8.0f} {:<8} {:>4.0f} {:<8} {:>4.0f} {:>12.1f} {:>8.0f} {:>7.0f}\n",
                 word(thread, "name"), number(thread, "tid"), word(thread, "policy"),
                 number(thread, "priority"), word(thread, "cpus"), number(thread, "last_cpu"),
                 delay_us, number(thread, "involuntary_switches"), number(thread, "major_faults"));
}

}  // namespace

std::optional<std::string> stat_text(std::string_view now, std::optional<std::string_view> before) {
  const Json json = Json::parse(now, nullptr, false);
  if (!json.is_object() || !member(json, "vcpus").is_array()) return std::nullopt;
  Interval interval{.before = before ? Json::parse(*before, nullptr, false) : Json{}, .seconds = 0};
  const double uptime = number(json, "uptime_ns") / 1e9;
  interval.seconds = uptime - number(interval.before, "uptime_ns") / 1e9;
  std::string text;
  const Out out{text};
  fmt::format_to(out, "{}: {}, up {:.1f} s\n\n", word(json, "name"), word(json, "state"), uptime);
  fmt::format_to(out, "{:<15} {:<12} {:>10} {:>9} {:>9} {:>9}  {:>9}  {}\n", "vCPU, server", "what",
                 "1/s", "p50 us", "p99 us", "max us", "at s", "slowest");
  write_tracks(out, json, {.list = "vcpus", .kinds = "exits"}, interval);
  write_tracks(out, json, {.list = "servers", .kinds = "work"}, interval);
  fmt::format_to(out, "\n{:<15} {:>8} {:<8} {:>4} {:<8} {:>4} {:>12} {:>8} {:>7}\n", "thread",
                 "tid", "policy", "prio", "cpus", "on", "run delay us", "preempt", "majflt");
  const Json threads = member(json, "threads");
  if (threads.is_array())
    for (const Json& thread : threads) write_thread(out, thread, interval);
  return text;
}

}  // namespace takt::ctl
