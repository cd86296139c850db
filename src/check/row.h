// SPDX-License-Identifier: Apache-2.0
// One question to the host and its answer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace takt::check {

enum class Verdict : std::uint8_t {
  pass,
  warn,  // costs latency, or may
  fail,  // no bound can be promised
  na,    // could not be read, or does not apply: the value says why
};

[[nodiscard]] std::string_view verdict_name(Verdict verdict);

struct Row {
  std::string topic;
  std::string name;
  Verdict verdict = Verdict::na;
  std::string value;  // what was found
  std::string why;    // why it matters, one line
  std::string fix;    // the command or boot option that mends it
};

/// What a row always says. In `fix`, @cpus stands for the CPUs that are checked and @rest for the
/// others; while none is set aside they become LIST and REST.
struct Item {
  std::string_view name;
  std::string_view why;
  std::string_view fix;
};

}  // namespace takt::check
