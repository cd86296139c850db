// SPDX-License-Identifier: Apache-2.0
// Models and a bell for the tests of what stands before a model.
#pragma once

#include <array>
#include <atomic>
#include <vector>

#include "bus/device.h"
#include "bus/work.h"

namespace takt {

/// Keeps what it gets. 0x0 is inline, 0x4 posted, 0x8 synchronous.
class Notebook : public Device {
 public:
  struct Entry {
    std::uint64_t offset = 0;
    std::uint64_t value = 0;
  };

  [[nodiscard]] std::string_view name() const override { return "notebook"; }
  std::uint64_t read(Access a) RT override {
    return a.offset == 0 ? inline_reads.fetch_add(1) : written.size();
  }
  void write(Access a, std::uint64_t value) RT override { written.push_back({a.offset, value}); }
  [[nodiscard]] AccessRules rules() const override {
    static constexpr std::array<AccessRule, 3> rules{{
        {.first = 0x0, .last = 0x3, .read = Run::in_line, .write = Run::synchronous},
        {.first = 0x4, .last = 0x7, .read = Run::synchronous, .write = Run::posted},
        {.first = 0x8, .last = 0xb, .read = Run::synchronous, .write = Run::synchronous},
    }};
    return AccessRules{rules};
  }

  std::vector<Entry> written;
  std::atomic<std::uint64_t> inline_reads = 0;
};

class CountingBell : public Bell {
 public:
  void ring() RT override { rung.fetch_add(1); }
  std::atomic<int> rung = 0;
};

}  // namespace takt
