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
  return fmt::format("{} {}", write.is_boolean() && write.get<bool>() ? "write" : "read",
                     word(slowest, "address"));
}

using Out = std::back_insert_iterator<std::string>;

struct Interval {
  Json before;
  double seconds;
};

double rate(double now, double before, const Interval& interval) {
  return interval.seconds > 0 && now > before ? (now - before) / interval.seconds : 0;
}

void write_exits(Out out, const Json& vcpu, const Interval& interval) {
  const Json old = element(member(interval.before, "vcpus"), "name", word(vcpu, "name"));
  const Json exits = member(vcpu, "exits");
  if (!exits.is_object()) return;
  for (const auto& [kind, exit] : exits.items()) {
    const Json was = member(member(old, "exits"), kind.c_str());
    fmt::format_to(out, "{:<8} {:<14} {:>10.0f} {:>9.1f} {:>9.1f} {:>9.1f}  {:>9.3f}  {}\n",
                   word(vcpu, "name"), kind,
                   rate(number(exit, "count"), number(was, "count"), interval),
                   micro(exit, "p50_ns"), micro(exit, "p99_ns"), micro(exit, "max_ns"),
                   number(exit, "max_at_ns") / 1e9, slowest_text(exit));
  }
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
  fmt::format_to(out, "{:<8} {:<14} {:>10} {:>9} {:>9} {:>9}  {:>9}  {}\n", "vCPU", "exit",
                 "exits/s", "p50 us", "p99 us", "max us", "at s", "slowest");
  for (const Json& vcpu : json["vcpus"]) write_exits(out, vcpu, interval);
  fmt::format_to(out, "\n{:<15} {:>8} {:<8} {:>4} {:<8} {:>4} {:>12} {:>8} {:>7}\n", "thread",
                 "tid", "policy", "prio", "cpus", "on", "run delay us", "preempt", "majflt");
  const Json threads = member(json, "threads");
  if (threads.is_array())
    for (const Json& thread : threads) write_thread(out, thread, interval);
  return text;
}

}  // namespace takt::ctl
