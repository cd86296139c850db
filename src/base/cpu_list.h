// SPDX-License-Identifier: Apache-2.0
// A set of host CPUs in the notation of the kernel's command line: "0,2-3".
#pragma once

#include <sched.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace takt {

/// Host CPUs 0..CPU_SETSIZE-1 (1024).
class CpuList {
 public:
  CpuList() { CPU_ZERO(&set_); }
  explicit CpuList(const cpu_set_t& set) : set_{set} {}

  /// "0,2-3": numbers and ascending ranges; at least one CPU.
  static Result<CpuList> parse(std::string_view text);
  /// The CPUs that are online on this machine (/sys/devices/system/cpu/online).
  static CpuList online();

  void add(int cpu) { CPU_SET(static_cast<std::size_t>(cpu), &set_); }
  [[nodiscard]] bool contains(int cpu) const {
    return CPU_ISSET(static_cast<std::size_t>(cpu), &set_);
  }
  [[nodiscard]] int count() const { return CPU_COUNT(&set_); }
  /// The first CPU of this list that is not in `other`, or -1.
  [[nodiscard]] int first_not_in(const CpuList& other) const;
  [[nodiscard]] bool overlaps(const CpuList& other) const {
    cpu_set_t both;
    CPU_AND(&both, &set_, &other.set_);
    return CPU_COUNT(&both) != 0;
  }
  /// The shortest text that parse() turns into this list; "" when empty.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] const cpu_set_t& raw() const { return set_; }
  bool operator==(const CpuList& other) const { return CPU_EQUAL(&set_, &other.set_); }

 private:
  cpu_set_t set_;
};

}  // namespace takt
