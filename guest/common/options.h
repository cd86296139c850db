// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace probe {

/// How a CPU waits for an interrupt: in HLT / WFI, or spinning with interrupts on.
enum class Idle : std::uint8_t { halt, poll };

/// What the second CPU does while the timer is measured.
struct Beside {
  bool slow = false;     // hammers takt's slow device
  bool console = false;  // writes to the console without a pause
  bool any() const { return slow || console; }
};

/// What to measure and how, from the words of the command line (README.md lists them).
/// Text members refer to the command line, which must outlive this.
struct Options {
  bool timer = false;
  bool exit = false;
  bool ipi = false;
  bool hist = true;                 // print the `hist` lines
  Idle idle = Idle::halt;           // of the timer measurement
  std::uint64_t period_us = 200;    // 10..1000000
  std::uint64_t samples = 1000;     // 1..10000000, timer
  std::uint64_t iterations = 1000;  // 1..10000000, exit and ipi
  std::uint64_t warmup = 100;       // 0..1000000, not counted, before each measurement
  std::uint64_t tsc_khz = 0;        // 1000..20000000; 0 = find out
  std::uint64_t slow_us = 50;       // 0..10000, a job of the slow device
  Beside beside;                    // of the timer measurement
  std::string_view cases;           // comma-separated; empty = the default cases
};

/// A word that was refused and why; `why` is empty when there is no error.
struct OptionError {
  std::string_view word;
  std::string_view why;
};

struct ParsedOptions {
  Options options;
  OptionError error;  // the first one; parsing stops there
};

/// Parses space-separated words. The first word is left out if it looks like the name of an image
/// (has a '/' or a '.'), because QEMU and GRUB put that in front. With no measurement named, all
/// are selected.
ParsedOptions parse_options(std::string_view command_line);

/// Takes the first item off `list`, which is separated by `separator`; empty when none is left.
/// Empty items are skipped.
std::string_view take_item(std::string_view& list, char separator);

}  // namespace probe
