// SPDX-License-Identifier: Apache-2.0
// ioctl requests with their argument type bound at compile time.
#pragma once

#include <sys/ioctl.h>

#include <cerrno>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace takt {

/// A request whose argument is a structure. Retries EINTR. Not for KVM_RUN (where EINTR means
/// "kicked") and not for requests with a flexible array, which have wrappers of their own.
template <unsigned long Req, class Arg>
struct Ioctl {
  static_assert(_IOC_SIZE(Req) == sizeof(Arg), "argument type does not match the request number");
  std::string_view name;

  Result<int> operator()(const Fd& fd, Arg& arg) const {
    int r = 0;
    do r = ::ioctl(fd.raw(), Req, &arg);
    while (r < 0 && errno == EINTR);
    if (r < 0) return sys_error(name);
    return r;
  }
};

/// A request whose argument is a plain number, or none.
template <unsigned long Req>
struct IoctlValue {
  static_assert(_IOC_SIZE(Req) == 0, "this request takes a structure");
  std::string_view name;

  Result<int> operator()(const Fd& fd, unsigned long arg = 0) const {
    int r = 0;
    do r = ::ioctl(fd.raw(), Req, arg);
    while (r < 0 && errno == EINTR);
    if (r < 0) return sys_error(name);
    return r;
  }
};

}  // namespace takt
