// SPDX-License-Identifier: Apache-2.0
#include "kvm/system.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/kvm.h>

#include <cerrno>

#include "kvm/requests.h"

namespace takt::kvm {
namespace {

constexpr int stable_api_version = 12;  // api.rst 4.1: constant since Linux 2.6.22

std::string_view hint(int error) {
  switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return " (is virtualization enabled in the firmware, and is kvm-intel or kvm-amd loaded?)";
    case EACCES:
    case EPERM: return " (add this user to the group that owns it, usually kvm)";
    default: return "";
  }
}

}  // namespace

Result<System> System::open() {
  System system;
  auto fd = open_file("/dev/kvm", O_RDWR);
  if (!fd) return env_error(fd.error().text + std::string{hint(errno)});
  system.fd_ = std::move(*fd);
  const auto version = get_api_version(system.fd_);
  if (!version) return in_context("/dev/kvm", version.error());
  if (*version != stable_api_version)
    return env_error(
        fmt::format("/dev/kvm speaks API version {}; takt needs {}", *version, stable_api_version));
  TRY(const int bytes, get_vcpu_mmap_size(system.fd_));
  system.vcpu_mmap_bytes_ = static_cast<std::size_t>(bytes);
  return system;
}

int System::extension(int capability) const {
  const auto r = check_extension(fd_, static_cast<unsigned long>(capability));
  return r ? *r : 0;
}

}  // namespace takt::kvm
