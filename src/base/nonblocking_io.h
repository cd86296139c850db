// SPDX-License-Identifier: Apache-2.0
// Input and output of real-time code: system calls by number, past the guard of base/rt_guard.h,
// which rightly takes readv(2), writev(2) and sendmsg(2) for calls that block. Here they do not:
// the caller has seen to it that the descriptor is a tap, a pipe or a socket and O_NONBLOCK, so
// what would wait for room or data returns EAGAIN. What is left is a copy of at most 64 KiB, spin
// locks, the kernel's allocation of a buffer, and for a tap the way of one frame through the host's
// network stack, which is softirq work on the caller's time: bounded by the frame. Not for files.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <span>

#include "base/fd.h"

namespace takt {

/// readv(2): -1 and errno when nothing was read.
[[nodiscard]] ssize_t readv_now(const Fd& fd, std::span<const iovec> pieces) noexcept;
/// writev(2): -1 and errno when nothing was written. For what is no socket.
[[nodiscard]] ssize_t writev_now(const Fd& fd, std::span<const iovec> pieces) noexcept;
/// sendmsg(2) with MSG_DONTWAIT and MSG_NOSIGNAL: a peer that has gone is EPIPE and no signal.
[[nodiscard]] ssize_t send_now(const Fd& socket, std::span<const iovec> pieces) noexcept;

}  // namespace takt
