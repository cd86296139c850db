// SPDX-License-Identifier: Apache-2.0
// For tests and fuzzers of the balloon: a host that takes pages when it is told to.
#pragma once

#include <vector>

#include "bus/page_returner.h"
#include "bus/work.h"

namespace takt::virtio::fakes {

struct GivenRange {
  Gpa start;
  std::uint64_t bytes = 0;
  bool operator==(const GivenRange&) const = default;
};

struct FakeReturner final : PageReturner {
  bool give(Gpa start, std::uint64_t bytes) RT override {
    if (given.size() - taken == places) return false;
    given.push_back({start, bytes});
    if (at_once) taken = given.size();
    return true;
  }
  std::uint64_t done() const RT override { return taken; }

  std::vector<GivenRange> given;
  std::size_t taken = 0;
  std::size_t places = 1000;
  bool at_once = true;
};

struct RingCounter final : Bell {
  void ring() RT override { ++rings; }
  unsigned rings = 0;
};

}  // namespace takt::virtio::fakes
