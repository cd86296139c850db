// SPDX-License-Identifier: Apache-2.0
#include "base/fd.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace takt {

Fd::~Fd() {
  if (raw_ >= 0) ::close(raw_);
}

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  Fd fd{::open(path.c_str(), flags | O_CLOEXEC, mode)};
  if (!fd) return sys_error(fmt::format("open {}", path));
  return fd;
}

Result<> write_all(const Fd& fd, std::span<const std::byte> data) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd.raw(), data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sys_error("write");
    data = data.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<Fd> make_eventfd() {
  Fd fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!fd) return sys_error("eventfd");
  return fd;
}

void signal_eventfd(const Fd& fd) noexcept {
  const std::uint64_t one = 1;
  ::syscall(SYS_write, fd.raw(), &one, sizeof one);
}

bool drain_eventfd(const Fd& fd) noexcept {
  std::uint64_t count = 0;
  return ::syscall(SYS_read, fd.raw(), &count, sizeof count) == sizeof count;
}

}  // namespace takt
