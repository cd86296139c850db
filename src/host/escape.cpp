// SPDX-License-Identifier: Apache-2.0
#include "host/escape.h"

namespace takt {

EscapeFilter::Verdict EscapeFilter::feed(std::uint8_t byte) {
  if (!after_prefix_) {
    after_prefix_ = byte == prefix;
    return after_prefix_ ? Verdict::hold : Verdict::pass;
  }
  after_prefix_ = false;
  if (byte == 'x' || byte == 'X') return Verdict::quit;
  if (byte == 'p' || byte == 'P') return Verdict::power_button;
  return byte == prefix ? Verdict::pass : Verdict::hold;
}

}  // namespace takt
