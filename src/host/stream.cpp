// SPDX-License-Identifier: Apache-2.0
#include "host/stream.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace takt {
namespace {

struct stat status_of(int fd) {
  struct stat status{};
  ::fstat(fd, &status);
  return status;
}

bool is_device(const struct stat& status, unsigned major, unsigned minor) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(major, minor);
}

bool is_null(const struct stat& status) { return is_device(status, 1, 3); }
/// The kernel's admin-guide/devices.txt; opened again it is another terminal.
bool is_ptmx(const struct stat& status) { return is_device(status, 5, 2); }

/// epoll watches some files too, those of FUSE for one, and yet they block.
bool may_block_on_disk(const struct stat& status) {
  return S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
}

/// A pipe or terminal that was opened again does not block, and those who share the descriptor with
/// us do not notice. Where that is not allowed, and for all else, the same description.
Result<Fd> own(int fd, Direction direction, const struct stat& status) {
  if (S_ISFIFO(status.st_mode) || (::isatty(fd) == 1 && !is_ptmx(status))) {
    const int access = direction == Direction::in ? O_RDONLY : O_WRONLY;
    auto again = open_file(fmt::format("/proc/self/fd/{}", fd), access | O_NONBLOCK | O_NOCTTY);
    if (again) return again;
  }
  Fd same{::fcntl(fd, F_DUPFD_CLOEXEC, 0)};
  if (!same) return sys_error("fcntl F_DUPFD_CLOEXEC");
  return same;
}

}  // namespace

Result<Stream> Stream::create(int fd, Direction direction, EventLoop& loop, DeviceId device,
                              EventLoop::Handler ready) {
  Stream stream;
  const struct stat status = status_of(fd);
  if (fd < 0 || is_null(status)) return stream;
  stream.events_ = direction == Direction::in ? EPOLLIN : EPOLLOUT;
  TRY(stream.fd_, own(fd, direction, status));
  if (!may_block_on_disk(status))
    if (const auto watch = loop.watch(stream.fd_.raw(), 0, device, ready)) {
      stream.watch_ = *watch;
      return stream;
    }
  TRY(stream.pump_, Pump::create(std::move(stream.fd_), direction));
  TRY(stream.watch_, loop.watch(stream.pump_->end().raw(), 0, device, std::move(ready)));
  return stream;
}

Result<> Stream::start(const std::string& name) {
  if (!pump_) return {};
  return pump_->start(name);
}

}  // namespace takt
