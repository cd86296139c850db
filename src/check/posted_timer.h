// SPDX-License-Identifier: Apache-2.0
// Whether KVM on x86 lets another CPU post the guest's timer (Linux, arch/x86/kvm/lapic.c,
// kvm_can_post_timer_interrupt).
#pragma once

#include <string>

#include "check/host.h"

namespace takt::check {

struct PostedTimer {
  bool known = false;  // the parameter could be read
  bool on = false;     // for vCPUs whose HLT or MWAIT does not exit
  std::string why = {};
};

[[nodiscard]] PostedTimer posted_timer(const Host& host);

}  // namespace takt::check
