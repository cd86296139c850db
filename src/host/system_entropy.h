// SPDX-License-Identifier: Apache-2.0
// The kernel's random numbers, for device models.
#pragma once

#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bus/entropy_source.h"

namespace takt {

/// getrandom(2), by number as it is called by real-time code. With GRND_NONBLOCK it does not wait
/// for the kernel to have collected entropy, which it lacks only at the host's boot.
class SystemEntropy final : public EntropySource {
 public:
  [[nodiscard]] std::size_t fill(std::span<std::byte> to) RT override {
    const long n = ::syscall(SYS_getrandom, to.data(), to.size(), GRND_NONBLOCK);
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
};

}  // namespace takt
