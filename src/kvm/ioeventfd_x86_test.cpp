// SPDX-License-Identifier: Apache-2.0
#include "kvm/ioeventfd.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

#include "kvm/requests_x86.h"
#include "kvm/test_vm_x86.h"

namespace takt::kvm {
namespace {

constexpr Gpa doorbell{0x8000};
constexpr std::size_t page = 4096;

// Real mode: writes AL, AX and EAX to the doorbell, one after the other, and halts.
constexpr std::uint8_t program[] = {0xa2, 0x00, 0x80, 0xa3, 0x00, 0x80,
                                    0x66, 0xa3, 0x00, 0x80, 0xf4};

class IoeventfdTest : public test::VmTest {
 protected:
  void SetUp() override {
    make_vm(false);  // HLT is an exit when no interrupt controller is in KVM
    if (IsSkipped() || HasFatalFailure()) return;
    ram_ = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(ram_, MAP_FAILED);
    ASSERT_TRUE(vm_.set_memslot(0, Gpa{0}, {static_cast<std::byte*>(ram_), page}));
    std::memcpy(ram_, program, sizeof program);
    auto event = make_eventfd();
    ASSERT_TRUE(event);
    event_ = std::move(*event);
  }
  void TearDown() override {
    if (ram_ != nullptr) ::munmap(ram_, page);
  }

  /// Runs the program; returns how many of its writes came out as exits.
  int exits() {
    kvm_sregs sregs{};
    EXPECT_TRUE(get_sregs(vcpu_->fd(), sregs));
    sregs.cs.base = 0;
    sregs.cs.selector = 0;
    EXPECT_TRUE(set_sregs(vcpu_->fd(), sregs));
    kvm_regs regs{};
    regs.rflags = 2;
    EXPECT_TRUE(set_regs(vcpu_->fd(), regs));
    int count = 0;
    for (int i = 0; i < 8; ++i) {
      if (vcpu_->run() != ExitKind::mmio) return count;
      ++count;
    }
    return count;
  }
  std::uint64_t signals() {
    std::uint64_t count = 0;
    return ::read(event_.raw(), &count, sizeof count) == sizeof count ? count : 0;
  }

  void* ram_ = nullptr;
  Fd event_;
};

TEST_F(IoeventfdTest, WithoutOneEveryWriteIsAnExit) {
  EXPECT_EQ(exits(), 3);
  EXPECT_EQ(signals(), 0u);
}

TEST_F(IoeventfdTest, OfAWidthTakesWritesOfThatWidthOnly) {
  const auto io = Ioeventfd::create(vm_, doorbell, Width::b2, event_);
  ASSERT_TRUE(io) << io.error().text;
  EXPECT_EQ(exits(), 2);
  EXPECT_EQ(signals(), 1u);
}

TEST_F(IoeventfdTest, OfAnyWidthTakesThemAll) {
  if (system_.extension(KVM_CAP_IOEVENTFD_ANY_LENGTH) == 0) GTEST_SKIP() << "not in this KVM";
  const auto io = Ioeventfd::any_width(vm_, doorbell, event_);
  ASSERT_TRUE(io) << io.error().text;
  EXPECT_EQ(exits(), 0);
  EXPECT_EQ(signals(), 3u);
}

TEST_F(IoeventfdTest, ItsEndIsTheEndOfTheDoorbell) {
  {
    const auto io = Ioeventfd::any_width(vm_, doorbell, event_);
  }
  EXPECT_EQ(exits(), 3);
  EXPECT_EQ(signals(), 0u);
  EXPECT_TRUE(Ioeventfd::any_width(vm_, doorbell, event_));  // and its place is free again
}

TEST_F(IoeventfdTest, MovesWithItsDoorbell) {
  Ioeventfd holder;
  {
    auto io = Ioeventfd::create(vm_, doorbell, Width::b4, event_);
    ASSERT_TRUE(io);
    holder = std::move(*io);
  }
  EXPECT_EQ(exits(), 2);
  holder = Ioeventfd{};
  EXPECT_EQ(exits(), 3);
}

TEST_F(IoeventfdTest, TwoOfOnePlaceAreRefused) {
  const auto first = Ioeventfd::create(vm_, doorbell, Width::b4, event_);
  const auto second = Ioeventfd::create(vm_, doorbell, Width::b4, event_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().text, "doorbell at 0x8000: KVM_IOEVENTFD: File exists");
  EXPECT_EQ(exits(), 2);
}

}  // namespace
}  // namespace takt::kvm
