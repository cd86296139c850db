// SPDX-License-Identifier: Apache-2.0
#include "base/rt.h"

#include <utility>

namespace takt::rt {
namespace {
thread_local int section_depth = 0;
}

int depth() noexcept { return section_depth; }

Section::Section() noexcept { ++section_depth; }
Section::~Section() { --section_depth; }

Allowed::Allowed() noexcept : saved_{std::exchange(section_depth, 0)} {}
Allowed::~Allowed() { section_depth = saved_; }

}  // namespace takt::rt
