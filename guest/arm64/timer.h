// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace probe::arm64 {

/// For the timer's interrupt: whether the timer does ask for it. If so it is switched off, because
/// it would ask again. (The line may drop later than the interrupt ends; what then comes is
/// nobody's.)
bool take_timer_interrupt();

}  // namespace probe::arm64
