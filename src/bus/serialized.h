// SPDX-License-Identifier: Apache-2.0
// Policy A: the vCPU's thread does the access itself, under the device's own lock with priority
// inheritance.
#pragma once

#include "bus/guarded.h"

namespace takt {

class Serialized final : public Guarded {
 public:
  using Guarded::Guarded;

  std::uint64_t read(Access access) RT override {
    if (rules_.read(access.offset, bytes(access.width)) == Run::in_line) return model_.read(access);
    const PiLock lock{mutex_};
    return model_.read(access);
  }
  void write(Access access, std::uint64_t value) RT override {
    if (rules_.write(access.offset, bytes(access.width)) == Run::in_line)
      return model_.write(access, value);
    const PiLock lock{mutex_};
    model_.write(access, value);
  }
};

}  // namespace takt
