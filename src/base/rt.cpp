// SPDX-License-Identifier: Apache-2.0
#include "base/rt.h"

#include <utility>

#include "base/rt_guard.h"
#include "base/rt_page_faults.h"

namespace takt::rt {

constinit thread_local int section_depth = 0;

int depth() noexcept { return section_depth; }

Section::Section() noexcept {
  if (section_depth == 0) start_page_fault_watch();
  ++section_depth;
}

Section::~Section() {
  --section_depth;
  if (section_depth == 0) stop_page_fault_watch();
}

Allowed::Allowed() noexcept : saved_{std::exchange(section_depth, 0)} {
  if (saved_ > 0) stop_page_fault_watch();
}

Allowed::~Allowed() {
  if (saved_ > 0) start_page_fault_watch();
  section_depth = saved_;
}

}  // namespace takt::rt
