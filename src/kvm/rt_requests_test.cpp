// SPDX-License-Identifier: Apache-2.0
// Which requests the real-time guard lets real-time code issue (base/rt_guard_calls.cpp). Nobody
// answers them: the descriptor is none.
#include <gtest/gtest.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>

#include <csignal>

#include "base/rt.h"
#include "base/rt_guard.h"

namespace takt {
namespace {

int request_in_section(unsigned long request) {
  const rt::Section section;
  return ::ioctl(-1, request, nullptr);
}

TEST(RtRequests, TheOnesOfAVcpusThreadPass) {
  for (const std::size_t request :
       {std::size_t{KVM_RUN}, KVM_IRQ_LINE, KVM_SIGNAL_MSI, KVM_SET_MP_STATE, KVM_GET_ONE_REG,
        KVM_SET_ONE_REG, KVM_SET_VCPU_EVENTS})
    EXPECT_LT(request_in_section(request), 0);
}

TEST(RtRequestsDeathTest, OneThatWaitsForAGracePeriodEndsTheProgram) {
  if (rt::guard != rt::Guard::ends_program) GTEST_SKIP() << "no guard in this build";
  EXPECT_EXIT(request_in_section(KVM_SET_GSI_ROUTING), testing::KilledBySignal(SIGABRT),
              "ioctl .blocking call. in a real-time section");
  EXPECT_EXIT(request_in_section(KVM_SET_USER_MEMORY_REGION), testing::KilledBySignal(SIGABRT),
              "ioctl .blocking call. in a real-time section");
}

}  // namespace
}  // namespace takt
