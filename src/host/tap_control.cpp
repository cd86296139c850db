// SPDX-License-Identifier: Apache-2.0
#include "host/tap_control.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <array>

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

constexpr int ms_between = 10;

pollfd readable(const Fd& fd) { return {.fd = fd.raw(), .events = POLLIN, .revents = 0}; }

constexpr std::uint64_t bit(std::size_t n) RT { return std::uint64_t{1} << n; }

}  // namespace

Result<std::unique_ptr<TapControl>> TapControl::start(std::span<const Fd* const> taps) {
  std::vector<Fd> same;
  for (const Fd* tap : taps) {
    same.emplace_back(::fcntl(tap->raw(), F_DUPFD_CLOEXEC, 0));
    if (!same.back()) return sys_error("fcntl F_DUPFD_CLOEXEC");
  }
  if (::ioctl(same.front().raw(), TUNSETOFFLOAD, 0UL) != 0) return sys_error("TUNSETOFFLOAD");
  TRY(Fd wake, make_eventfd());
  TRY(Fd end, make_eventfd());
  std::unique_ptr<TapControl> control{
      new TapControl{std::move(same), std::move(wake), std::move(end)}};
  TRY(control->thread_, start_ordinary_thread("tap-ctl", [all = control.get()] { all->run(); }));
  return control;
}

TapControl::TapControl(std::vector<Fd> taps, Fd wake, Fd end)
    : taps_{std::move(taps)},
      wake_{std::move(wake)},
      end_{std::move(end)},
      queues_wanted_{~std::uint64_t{0} >> (most_queues - taps_.size())},
      queues_in_force_{queues_wanted_.load()} {}

TapControl::~TapControl() { signal_eventfd(end_); }

void TapControl::want_offloads(const FrameOffloads& offloads) RT {
  const std::uint32_t features = features_of(offloads);
  if (offloads_wanted_.exchange(features) != features) signal_eventfd(wake_);
}

void TapControl::want_queue(unsigned queue, bool wanted) RT {
  const std::uint64_t mask = bit(queue);
  const std::uint64_t before =
      wanted ? queues_wanted_.fetch_or(mask) : queues_wanted_.fetch_and(~mask);
  if (((before & mask) != 0) != wanted) signal_eventfd(wake_);
}

bool TapControl::settled() const RT {
  return offloads_wanted_ == offloads_in_force_ && queues_wanted_ == queues_in_force_;
}

void TapControl::run() {
  std::array events{readable(wake_), readable(end_)};
  while (events[1].revents == 0) {
    ::poll(events.data(), events.size(), -1);
    drain_eventfd(wake_);
    if (!settled()) apply();
  }
}

void TapControl::apply() {
  const std::uint32_t offloads = offloads_wanted_;
  if (offloads != offloads_in_force_) apply_offloads(offloads);
  const std::uint64_t queues = queues_wanted_;
  if (queues != queues_in_force_) apply_queues(queues);
  pollfd end = readable(end_);
  ::poll(&end, 1, ms_between);
}

/// A kernel without UFO refuses all at once. Less than was asked for does no harm.
void TapControl::apply_offloads(std::uint32_t features) {
  const auto set = [this](unsigned long value) {
    return ::ioctl(taps_.front().raw(), TUNSETOFFLOAD, value) == 0;
  };
  if (!set(features) && !set(features & ~std::uint32_t{TUN_F_UFO})) set(0);
  offloads_in_force_ = features;
}

/// The kernel spreads the host's frames over the queues that are attached.
void TapControl::apply_queues(std::uint64_t queues) {
  for (std::size_t n = 0; n < taps_.size(); ++n) {
    if (((queues ^ queues_in_force_) & bit(n)) == 0) continue;
    ifreq request{};
    request.ifr_flags =
        static_cast<short>((queues & bit(n)) != 0 ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE);
    static_cast<void>(::ioctl(taps_[n].raw(), TUNSETQUEUE, &request));
  }
  queues_in_force_ = queues;
}

}  // namespace takt
