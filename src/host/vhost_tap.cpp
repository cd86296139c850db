// SPDX-License-Identifier: Apache-2.0
#include "host/vhost_tap.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#define VIRTIO_RING_NO_LEGACY  // what is not C++ of the next header's includes
#include <linux/vhost.h>

#include "base/ioctl.h"
#include "base/rt.h"
#include "host/helper_threads.h"
#include "host/tap_open.h"

namespace takt {
namespace {

constexpr IoctlValue<VHOST_SET_OWNER> set_owner{"VHOST_SET_OWNER"};
constexpr Ioctl<VHOST_GET_FEATURES, std::uint64_t> get_features{"VHOST_GET_FEATURES"};

constexpr std::uint64_t bit(unsigned n) { return std::uint64_t{1} << n; }

/// What vhost is told of and asked for: MRG_RXBUF, INDIRECT_DESC, EVENT_IDX, VERSION_1 (virtio 1.2,
/// 5.1.3 and 6). A queue's reset, RING_RESET, is its stop, of which it need not know.
constexpr std::uint64_t vhost_part = bit(15) | bit(28) | bit(29) | bit(32);
constexpr std::uint64_t ring_reset = bit(40);
constexpr int header_bytes = 12;  // struct virtio_net_hdr with num_buffers, which vhost fills in

Result<Fd> open_vhost() {
  auto fd = open_file("/dev/vhost-net", O_RDWR | O_NONBLOCK);
  if (fd) return fd;
  const bool missing = errno == ENOENT || errno == ENODEV || errno == ENXIO;
  fd.error().text += missing ? " (modprobe vhost_net, or vhost=off)"
                             : " (as administrator: chmod 0666 /dev/vhost-net; or vhost=off)";
  return fd;
}

/// struct vhost_memory ends in an array.
Result<> set_memory(const Fd& vhost, const GuestMem& mem) {
  const auto regions = mem.regions();
  std::vector<std::uint64_t> words(1 + regions.size() * sizeof(vhost_memory_region) / 8);
  auto* table = reinterpret_cast<vhost_memory*>(words.data());
  table->nregions = static_cast<std::uint32_t>(regions.size());
  for (std::size_t n = 0; n < regions.size(); ++n)
    table->regions[n] = {.guest_phys_addr = regions[n].start.raw(),
                         .memory_size = regions[n].host.size(),
                         .userspace_addr = reinterpret_cast<std::uintptr_t>(regions[n].host.data()),
                         .flags_padding = 0};
  if (::ioctl(vhost.raw(), VHOST_SET_MEM_TABLE, table) != 0)
    return sys_error("VHOST_SET_MEM_TABLE");
  return {};
}

std::vector<HelperThread> vhost_threads() {
  auto threads = find_helper_threads(::getpid());
  std::erase_if(threads, [](const auto& thread) { return !thread.name.starts_with("vhost-"); });
  return threads;
}

/// The thread that `make` has made.
Result<pid_t> new_worker(auto&& make) {
  const auto before = vhost_threads();
  TRY_VOID(make());
  for (const HelperThread& thread : vhost_threads())
    if (std::ranges::find(before, thread) == before.end()) return thread.tid;
  return pid_t{0};
}

std::uint64_t address(const std::byte* at) RT { return reinterpret_cast<std::uintptr_t>(at); }

template <class Arg>
bool tell(const Fd& vhost, unsigned long request, Arg arg) RT {
  return ::ioctl(vhost.raw(), request, &arg) == 0;
}

}  // namespace

Result<std::vector<std::unique_ptr<VhostTap>>> VhostTap::open(const std::string& name,
                                                              unsigned queues, const GuestMem& mem,
                                                              EventLoop& loop, DeviceId device) {
  std::vector<Fd> vhosts;
  for (unsigned n = 0; n < queues; ++n) {
    TRY(Fd vhost, open_vhost());
    vhosts.push_back(std::move(vhost));
  }
  TRY(auto taps, open_tap(name, queues, header_bytes));
  std::vector<std::unique_ptr<VhostTap>> ports;
  std::vector<const Fd*> all;
  for (unsigned n = 0; n < queues; ++n) {
    ports.emplace_back(new VhostTap{std::move(vhosts[n]), std::move(taps[n]), n});
    all.push_back(&ports.back()->tap_);
  }
  TRY(const std::shared_ptr<TapControl> control, TapControl::start(all));
  for (const auto& port : ports) {
    port->control_ = control;
    TRY_VOID(port->set_up(mem));
    TRY_VOID(port->make_events(loop, device));
  }
  return ports;
}

Result<> VhostTap::set_up(const GuestMem& mem) {
  TRY(worker_, new_worker([this] { return set_owner(vhost_); }));
  std::uint64_t features = 0;
  TRY_VOID(get_features(vhost_, features));
  features_ = (features & vhost_part) | ring_reset;
  return set_memory(vhost_, mem);
}

Result<> VhostTap::make_events(EventLoop& loop, DeviceId device) {
  const auto watch = [&](Fd& event, std::atomic<bool>& flag) -> Result<> {
    TRY(event, make_eventfd());
    TRY([[maybe_unused]] const auto* watched,
        loop.watch(event.raw(), EPOLLIN, device, [&event, &flag](std::uint32_t) {
          drain_eventfd(event);
          flag.store(true, std::memory_order_release);
        }));
    return {};
  };
  for (Queue& queue : queues_) {
    TRY(queue.kick, make_eventfd());
    TRY_VOID(watch(queue.used, queue.has_used));
    TRY_VOID(watch(queue.broken, queue.is_broken));
  }
  return {};
}

FrameOffloads VhostTap::send_offloads() const RT { return tap_offloads; }
FrameOffloads VhostTap::receive_offloads() const RT { return tap_offloads; }
void VhostTap::set_receive_offloads(const FrameOffloads& offloads) RT {
  control_->want_offloads(offloads);
}
void VhostTap::set_in_use(bool used) RT { control_->want_queue(index_, used); }

bool VhostTap::set_features(std::uint64_t negotiated) RT {
  return tell(vhost_, VHOST_SET_FEATURES, negotiated & features_ & vhost_part);
}

bool VhostTap::start(unsigned queue, const VhostRing& ring) RT {
  const Queue& own = queues_[queue];
  const int interrupt = ring.interrupt >= 0 ? ring.interrupt : own.used.raw();
  const vhost_vring_addr rings{.index = queue,
                               .flags = 0,
                               .desc_user_addr = address(ring.desc),
                               .used_user_addr = address(ring.used),
                               .avail_user_addr = address(ring.avail),
                               .log_guest_addr = 0};
  const auto file = [queue](int fd) { return vhost_vring_file{.index = queue, .fd = fd}; };
  return tell(vhost_, VHOST_SET_VRING_NUM, vhost_vring_state{.index = queue, .num = ring.size}) &&
         tell(vhost_, VHOST_SET_VRING_BASE, vhost_vring_state{.index = queue, .num = ring.next}) &&
         tell(vhost_, VHOST_SET_VRING_ADDR, rings) &&
         tell(vhost_, VHOST_SET_VRING_CALL, file(interrupt)) &&
         tell(vhost_, VHOST_SET_VRING_ERR, file(own.broken.raw())) &&
         tell(vhost_, VHOST_SET_VRING_KICK, file(own.kick.raw())) && set_backend(queue, tap_.raw());
}

/// A tap has one queue of the interface for both: vhost takes the descriptor twice.
bool VhostTap::set_backend(unsigned queue, int fd) const RT {
  return tell(vhost_, VHOST_NET_SET_BACKEND, vhost_vring_file{.index = queue, .fd = fd});
}

std::uint16_t VhostTap::stop(unsigned queue) RT {
  static_cast<void>(set_backend(queue, -1));
  queues_[queue].has_used.store(false, std::memory_order_relaxed);
  queues_[queue].is_broken.store(false, std::memory_order_relaxed);
  vhost_vring_state base{.index = queue, .num = 0};
  static_cast<void>(::ioctl(vhost_.raw(), VHOST_GET_VRING_BASE, &base));
  return static_cast<std::uint16_t>(base.num);
}

bool VhostTap::take_used(unsigned queue) RT {
  return queues_[queue].has_used.exchange(false, std::memory_order_acquire);
}

bool VhostTap::take_broken(unsigned queue) RT {
  return queues_[queue].is_broken.exchange(false, std::memory_order_acquire);
}

}  // namespace takt
