// SPDX-License-Identifier: Apache-2.0
#include "host/tap_offloads.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "host/ordinary_thread.h"

namespace takt {
namespace {

std::uint32_t features_of(const FrameOffloads& offloads) RT {
  if (!offloads.csum) return 0;  // the kernel takes none of the others without it
  std::uint32_t features = TUN_F_CSUM;
  if (offloads.tso4) features |= TUN_F_TSO4;
  if (offloads.tso6) features |= TUN_F_TSO6;
  if (offloads.ecn && (offloads.tso4 || offloads.tso6)) features |= TUN_F_TSO_ECN;
  if (offloads.ufo) features |= TUN_F_UFO;
  return features;
}

}  // namespace

Result<std::unique_ptr<TapOffloads>> TapOffloads::start(const Fd& tap) {
  Fd same{::fcntl(tap.raw(), F_DUPFD_CLOEXEC, 0)};
  if (!same) return sys_error("fcntl F_DUPFD_CLOEXEC");
  if (::ioctl(same.raw(), TUNSETOFFLOAD, 0UL) != 0) return sys_error("TUNSETOFFLOAD");
  TRY(Fd wake, make_eventfd());
  std::unique_ptr<TapOffloads> offloads{new TapOffloads{std::move(same), std::move(wake)}};
  TRY(offloads->thread_, start_ordinary_thread("tap-ctl", [all = offloads.get()] { all->run(); }));
  return offloads;
}

TapOffloads::~TapOffloads() {
  stopping_ = true;
  signal_eventfd(wake_);
}

void TapOffloads::want(const FrameOffloads& offloads) RT {
  const std::uint32_t features = features_of(offloads);
  if (wanted_.exchange(features) != features) signal_eventfd(wake_);
}

bool TapOffloads::settled() const RT { return wanted_ == in_force_; }

void TapOffloads::run() {
  pollfd woken{.fd = wake_.raw(), .events = POLLIN, .revents = 0};
  while (!stopping_) {
    ::poll(&woken, 1, -1);
    drain_eventfd(wake_);
    const std::uint32_t wanted = wanted_;
    if (wanted != in_force_) apply(wanted);
  }
}

/// A kernel without UFO refuses all at once. Less than was asked for does no harm.
void TapOffloads::apply(std::uint32_t features) {
  const auto set = [this](unsigned long value) {
    return ::ioctl(tap_.raw(), TUNSETOFFLOAD, value) == 0;
  };
  if (!set(features) && !set(features & ~std::uint32_t{TUN_F_UFO})) set(0);
  in_force_ = features;
}

}  // namespace takt
