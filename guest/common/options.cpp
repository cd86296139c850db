// SPDX-License-Identifier: Apache-2.0
#include "common/options.h"

#include <array>
#include <cstddef>

namespace probe {
namespace {

struct Flag {
  std::string_view word;
  void (*apply)(Options&);
};

constexpr std::array flags{
    Flag{"timer", [](Options& o) { o.timer = true; }},
    Flag{"exit", [](Options& o) { o.exit = true; }},
    Flag{"ipi", [](Options& o) { o.ipi = true; }},
    Flag{"all", [](Options& o) { o.timer = o.exit = o.ipi = true; }},
    Flag{"idle=halt", [](Options& o) { o.idle = Idle::halt; }},
    Flag{"idle=poll", [](Options& o) { o.idle = Idle::poll; }},
    Flag{"beside=slow", [](Options& o) { o.beside.slow = true; }},
    Flag{"beside=console", [](Options& o) { o.beside.console = true; }},
    Flag{"beside=all", [](Options& o) { o.beside = {true, true}; }},
    Flag{"hist=on", [](Options& o) { o.hist = true; }},
    Flag{"hist=off", [](Options& o) { o.hist = false; }},
};

struct Number {
  std::string_view key;
  std::uint64_t Options::* member;
  std::uint64_t min;
  std::uint64_t max;
  std::string_view why;  // what to say about a value outside [min, max]
};

constexpr std::array numbers{
    Number{"period_us", &Options::period_us, 10, 1'000'000, "allowed: 10..1000000"},
    Number{"samples", &Options::samples, 1, 10'000'000, "allowed: 1..10000000"},
    Number{"iterations", &Options::iterations, 1, 10'000'000, "allowed: 1..10000000"},
    Number{"warmup", &Options::warmup, 0, 1'000'000, "allowed: 0..1000000"},
    Number{"slow_us", &Options::slow_us, 0, 10'000, "allowed: 0..10000"},
    Number{"tsc_khz", &Options::tsc_khz, 1'000, 20'000'000, "allowed: 1000..20000000"},
};

/// Decimal digits only; `limit` + 1 for anything that is not a number up to `limit`.
std::uint64_t parse_decimal(std::string_view s, std::uint64_t limit) {
  std::uint64_t value = 0;
  for (const char c : s) {
    if (c < '0' || c > '9') return limit + 1;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (value > limit) return limit + 1;
  }
  return s.empty() ? limit + 1 : value;
}

/// Empty, or why the word is refused.
std::string_view apply_number(Options& options, std::string_view key, std::string_view value) {
  for (const Number& n : numbers) {
    if (n.key != key) continue;
    const std::uint64_t parsed = parse_decimal(value, n.max);
    if (parsed < n.min || parsed > n.max) return n.why;
    options.*n.member = parsed;
    return {};
  }
  return "unknown word";
}

/// Empty, or why the word is refused.
std::string_view apply_word(Options& options, std::string_view word) {
  for (const Flag& f : flags) {
    if (f.word == word) return f.apply(options), std::string_view{};
  }
  std::string_view value = word;
  const std::string_view key = take_item(value, '=');
  if (key == "idle") return "allowed: halt, poll";
  if (key == "hist") return "allowed: on, off";
  if (key == "beside") return "allowed: slow, console, all";
  if (key != "cases") return apply_number(options, key, value);
  if (value.empty()) return "needs at least one case";
  options.cases = value;
  return {};
}

bool is_image_name(std::string_view word) {
  return word.find('/') != word.npos || word.find('.') != word.npos;
}

}  // namespace

std::string_view take_item(std::string_view& list, char separator) {
  while (!list.empty() && list.front() == separator) list.remove_prefix(1);
  std::size_t length = 0;
  while (length < list.size() && list[length] != separator) ++length;
  const std::string_view item{list.data(), length};
  list.remove_prefix(length == list.size() ? length : length + 1);
  return item;
}

ParsedOptions parse_options(std::string_view command_line) {
  ParsedOptions parsed;
  Options& o = parsed.options;
  std::string_view word = take_item(command_line, ' ');
  if (is_image_name(word)) word = take_item(command_line, ' ');
  for (; !word.empty(); word = take_item(command_line, ' ')) {
    const std::string_view why = apply_word(o, word);
    if (!why.empty()) return {o, {word, why}};
  }
  if (!o.timer && !o.exit && !o.ipi) o.timer = o.exit = o.ipi = true;
  if (o.beside.any() && o.ipi) return {o, {"beside", "not with ipi: there is one second CPU"}};
  return parsed;
}

}  // namespace probe
