// SPDX-License-Identifier: Apache-2.0
#include "base/nonblocking_io.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace takt {

ssize_t readv_now(const Fd& fd, std::span<const iovec> pieces) noexcept {
  return ::syscall(SYS_readv, fd.raw(), pieces.data(), pieces.size());
}

ssize_t writev_now(const Fd& fd, std::span<const iovec> pieces) noexcept {
  return ::syscall(SYS_writev, fd.raw(), pieces.data(), pieces.size());
}

ssize_t send_now(const Fd& socket, std::span<const iovec> pieces) noexcept {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg(2) does not write to it
  message.msg_iovlen = pieces.size();
  return ::syscall(SYS_sendmsg, socket.raw(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace takt
