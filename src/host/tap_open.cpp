// SPDX-License-Identifier: Apache-2.0
#include "host/tap_open.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <optional>

#include "base/ioctl.h"
#include "bus/frame_port.h"

namespace takt {
namespace {

constexpr Ioctl<TUNSETVNETHDRSZ, int> set_header_bytes{"TUNSETVNETHDRSZ"};
constexpr int wanted_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

Result<> check_name(const std::string& name) {
  if (name.empty() || name.size() >= IFNAMSIZ)
    return usage_error(fmt::format("tap {}: an interface's name has 1 to {} characters",
                                   one_line(name), IFNAMSIZ - 1));
  const auto bad = [](unsigned char c) { return c == '/' || c == '%' || c == ':' || !isgraph(c); };
  if (name == "." || name == ".." || std::ranges::any_of(name, bad))
    return usage_error(fmt::format("tap {}: no name of an interface", one_line(name)));
  return {};
}

/// IFF_... of linux/if_tun.h; nothing for an interface that is no tun and no tap.
std::optional<unsigned> flags_of(const std::string& name) {
  unsigned flags = 0;
  std::ifstream file{fmt::format("/sys/class/net/{}/tun_flags", name)};
  if (file >> std::hex >> flags) return flags;
  return std::nullopt;
}

/// Before the kernel refuses all of this as EINVAL. Where sysfs shows another network namespace
/// there is nothing to see, and the kernel's word is the last.
Result<> check_kind(const std::string& name, std::optional<unsigned> flags, unsigned queues) {
  if (!flags) return {};
  if ((*flags & IFF_TAP) == 0)
    return env_error(
        fmt::format("tap {}: it is a tun, not a tap (ip tuntap add ... mode tap)", name));
  if (queues > 1 && (*flags & IFF_MULTI_QUEUE) == 0)
    return env_error(fmt::format(
        "tap {}: it was made for one queue (ip tuntap add {} mode tap multi_queue, or queues 1)",
        name, name));
  return {};
}

Result<Fd> open_device() {
  auto fd = open_file("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (fd) return fd;
  const bool missing = errno == ENOENT || errno == ENODEV || errno == ENXIO;
  fd.error().text += missing ? " (modprobe tun)" : " (chmod 0666 /dev/net/tun, or use passt)";
  return fd;
}

std::unexpected<Error> refused(const std::string& name, bool multi_queue) {
  const int error = errno;
  auto text = sys_error(fmt::format("tap {}", name));
  if (error == EPERM)
    text.error().text +=
        fmt::format(" (as administrator: ip tuntap add {} mode tap user USER{}; or use passt)",
                    name, multi_queue ? " multi_queue" : "");
  if (error == EBUSY) text.error().text += ": another process has it";
  if (error == E2BIG) text.error().text += ": other processes have its queues";
  if (error == EINVAL) text.error().text += " (is it a tap, and for as many queues?)";
  return text;
}

Result<Fd> open_queue(const std::string& name, bool multi_queue, int header_bytes) {
  TRY(Fd fd, open_device());
  ifreq request = request_for(name);
  request.ifr_flags = static_cast<short>(wanted_flags | (multi_queue ? IFF_MULTI_QUEUE : 0));
  if (::ioctl(fd.raw(), TUNSETIFF, &request) != 0) return refused(name, multi_queue);
  return check_tap(std::move(fd), header_bytes);
}

Result<> bring_up(const std::string& name) {
  const Fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request = request_for(name);
  if (!socket || ::ioctl(socket.raw(), SIOCGIFFLAGS, &request) != 0)
    return sys_error(fmt::format("tap {}: SIOCGIFFLAGS", name));
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(socket.raw(), SIOCSIFFLAGS, &request) != 0)
    return sys_error(fmt::format("tap {}: bring it up", name));
  return {};
}

}  // namespace

Result<std::vector<Fd>> open_tap(const std::string& name, unsigned queues, int header_bytes) {
  TRY_VOID(check_name(name));
  const bool is_there = ::if_nametoindex(name.c_str()) != 0;
  const auto flags = is_there ? flags_of(name) : std::nullopt;
  TRY_VOID(check_kind(name, flags, queues));
  const bool multi_queue = queues > 1 || (flags && (*flags & IFF_MULTI_QUEUE) != 0);
  std::vector<Fd> all;
  for (unsigned n = 0; n < std::max(queues, 1U); ++n) {
    TRY(Fd fd, open_queue(name, multi_queue, header_bytes));
    all.push_back(std::move(fd));
  }
  if (!is_there) TRY_VOID(bring_up(name));
  return all;
}

Result<Fd> check_tap(Fd fd, int header_bytes) {
  ifreq request{};
  if (::ioctl(fd.raw(), TUNGETIFF, &request) != 0)
    return usage_error(
        fmt::format("descriptor {} is no tap (open /dev/net/tun, TUNSETIFF)", fd.raw()));
  if ((request.ifr_flags & wanted_flags) != wanted_flags)
    return usage_error(
        fmt::format("descriptor {}: takt needs a tap with IFF_NO_PI and IFF_VNET_HDR", fd.raw()));
  const int flags = ::fcntl(fd.raw(), F_GETFL);
  if (::fcntl(fd.raw(), F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(fd.raw(), F_SETFD, FD_CLOEXEC) != 0)
    return sys_error("fcntl");
  TRY_VOID(set_header_bytes(fd, header_bytes));
  return fd;
}

}  // namespace takt
