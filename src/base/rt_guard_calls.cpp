// SPDX-License-Identifier: Apache-2.0
// Calls that block, or can, for the real-time guard. And the one list of the system calls that
// real-time code does make, which are not watched:
//
//   write(2), read(2) on an eventfd   signal_eventfd(), drain_eventfd() (base/fd.h): the descriptor
//                                     does not block, the kernel takes a spin lock; by number
//   readv(2), writev(2), sendmsg(2)   base/nonblocking_io.h: taps and sockets that do not block; by
//                                     number
//   futex(2)                          PiMutex: bounded by its holder, who inherits; by number
//   timerfd_settime(2)                arms a timer: spin locks only
//   epoll_ctl(2)                      a server changes what it waits for: a kernel mutex that no
//                                     other thread takes while it runs
//   clock_gettime(2), getrusage(2)    the vDSO, and counters of the thread itself
//   ioctl(2)                          the KVM requests in `real_time_requests` below
//   epoll_wait(2), poll(2)            a server that has no work: inside an rt::Idle
//   poll(2), read(2), write(2)        the console's, on descriptors that are ready and are no
//   files:
//                                     inside an rt::Allowed (host/console.cpp)
//   connect(2), accept4(2), recv(2),  a socket device's, on Unix sockets that do not block, on a
//   poll(2), close(2)                 server that is not real-time: inside rt::Alloweds
//                                     (host/vsock_proxy.cpp)
//   shutdown(2)                       the same one's: spin locks only
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <ctime>

#include "base/rt_guard_next.h"

namespace {

using takt::rt::Next;

void look(const char* call) noexcept { takt::rt::look(takt::rt::Breach::blocking_call, call); }

}  // namespace

// Files. What opens one may wait for a disk, whoever reads or writes.
TAKT_WATCH(look, int, close, (int fd), (fd))
TAKT_WATCH(look, ssize_t, read, (int fd, void* data, size_t bytes), (fd, data, bytes))
TAKT_WATCH(look, ssize_t, readv, (int fd, const iovec* data, int n), (fd, data, n))
TAKT_WATCH(look, ssize_t, pread, (int fd, void* data, size_t bytes, off_t at),
           (fd, data, bytes, at))
TAKT_WATCH(look, ssize_t, preadv, (int fd, const iovec* data, int n, off_t at), (fd, data, n, at))
TAKT_WATCH(look, ssize_t, write, (int fd, const void* data, size_t bytes), (fd, data, bytes))
TAKT_WATCH(look, ssize_t, writev, (int fd, const iovec* data, int n), (fd, data, n))
TAKT_WATCH(look, ssize_t, pwrite, (int fd, const void* data, size_t bytes, off_t at),
           (fd, data, bytes, at))
TAKT_WATCH(look, ssize_t, pwritev, (int fd, const iovec* data, int n, off_t at), (fd, data, n, at))
TAKT_WATCH(look, int, fsync, (int fd), (fd))
TAKT_WATCH(look, int, fdatasync, (int fd), (fd))
TAKT_WATCH(look, int, ftruncate, (int fd, off_t bytes), (fd, bytes), noexcept)
TAKT_WATCH(look, int, fallocate, (int fd, int mode, off_t at, off_t bytes), (fd, mode, at, bytes))

// Standard streams: a lock, and then the file.
TAKT_WATCH(look, FILE*, fopen, (const char* path, const char* mode), (path, mode))
TAKT_WATCH(look, size_t, fwrite, (const void* data, size_t size, size_t n, FILE* file),
           (data, size, n, file))
TAKT_WATCH(look, int, fputc, (int c, FILE* file), (c, file))
TAKT_WATCH(look, int, fputs, (const char* text, FILE* file), (text, file))
TAKT_WATCH(look, int, puts, (const char* text), (text))
TAKT_WATCH(look, int, fflush, (FILE * file), (file))
TAKT_WATCH(look, int, vfprintf, (FILE * file, const char* format, va_list words),
           (file, format, words))

// Sockets.
TAKT_WATCH(look, int, connect, (int fd, const sockaddr* to, socklen_t bytes), (fd, to, bytes))
TAKT_WATCH(look, int, accept, (int fd, sockaddr* from, socklen_t* bytes), (fd, from, bytes))
TAKT_WATCH(look, int, accept4, (int fd, sockaddr* from, socklen_t* bytes, int flags),
           (fd, from, bytes, flags))
TAKT_WATCH(look, ssize_t, send, (int fd, const void* data, size_t bytes, int flags),
           (fd, data, bytes, flags))
TAKT_WATCH(look, ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
TAKT_WATCH(look, ssize_t, recv, (int fd, void* data, size_t bytes, int flags),
           (fd, data, bytes, flags))
TAKT_WATCH(look, ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))

// Waiting.
TAKT_WATCH(look, int, poll, (pollfd * fds, nfds_t n, int timeout_ms), (fds, n, timeout_ms))
TAKT_WATCH(look, int, ppoll,
           (pollfd * fds, nfds_t n, const timespec* timeout, const sigset_t* mask),
           (fds, n, timeout, mask))
TAKT_WATCH(look, int, select, (int n, fd_set* in, fd_set* out, fd_set* other, timeval* timeout),
           (n, in, out, other, timeout))
TAKT_WATCH(look, int, epoll_wait, (int fd, epoll_event* events, int n, int timeout_ms),
           (fd, events, n, timeout_ms))
TAKT_WATCH(look, int, epoll_pwait,
           (int fd, epoll_event* events, int n, int timeout_ms, const sigset_t* mask),
           (fd, events, n, timeout_ms, mask))
TAKT_WATCH(look, int, nanosleep, (const timespec* time, timespec* left), (time, left))
TAKT_WATCH(look, int, clock_nanosleep,
           (clockid_t clock, int flags, const timespec* time, timespec* left),
           (clock, flags, time, left))
TAKT_WATCH(look, int, usleep, (useconds_t us), (us))
TAKT_WATCH(look, unsigned, sleep, (unsigned s), (s))
TAKT_WATCH(look, int, pause, (), ())
TAKT_WATCH(look, int, sigwaitinfo, (const sigset_t* set, siginfo_t* info), (set, info))
TAKT_WATCH(look, int, pthread_join, (pthread_t thread, void** result), (thread, result))
TAKT_WATCH(look, pid_t, waitpid, (pid_t pid, int* status, int options), (pid, status, options))
TAKT_WATCH(look, int, sched_yield, (), (), noexcept)

/// `mode` is there when a file may be created.
#define TAKT_WATCH_OPEN(name, parameters, arguments)                                     \
  extern "C" int name parameters {                                                       \
    static constinit Next<int parameters> next{#name};                                   \
    look(#name);                                                                         \
    va_list rest;                                                                        \
    va_start(rest, flags);                                                               \
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                                                        \
    return next.get() arguments;                                                         \
  }
TAKT_WATCH_OPEN(open, (const char* path, int flags, ...), (path, flags, mode))
TAKT_WATCH_OPEN(open64, (const char* path, int flags, ...), (path, flags, mode))
TAKT_WATCH_OPEN(openat, (int dir, const char* path, int flags, ...), (dir, path, flags, mode))
TAKT_WATCH_OPEN(openat64, (int dir, const char* path, int flags, ...), (dir, path, flags, mode))

#if defined(TAKT_RT_GUARD)
namespace {

/// KVM_RUN is the guest itself. The others take KVM's own locks for a bounded time; none waits for
/// a grace period, as a change of routes or of memory slots does.
constexpr unsigned long real_time_requests[] = {
    KVM_RUN,
    KVM_IRQ_LINE,    // an interrupt line changes (kvm/irq_line.h)
    KVM_SIGNAL_MSI,  // a message-signalled interrupt
    // This vCPU's own state, by its own thread: arm64's refused accesses and PSCI's suspend.
    KVM_SET_MP_STATE,
    KVM_GET_ONE_REG,
    KVM_SET_ONE_REG,
    KVM_SET_VCPU_EVENTS,
};

}  // namespace

/// Guard builds only: elsewhere nothing stands between a vCPU and KVM_RUN.
extern "C" int ioctl(int fd, unsigned long request, ...) noexcept {
  static constinit Next<int(int, unsigned long, ...)> next{"ioctl"};
  if (std::ranges::find(real_time_requests, request) == std::end(real_time_requests)) look("ioctl");
  va_list rest;
  va_start(rest, request);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  return next.get()(fd, request, argument);
}
#endif
