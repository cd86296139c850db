// SPDX-License-Identifier: Apache-2.0
#include "host/guest_ram.h"

#include <fmt/format.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

#include "base/units.h"

namespace takt {
namespace {

unsigned memfd_flags(PageSize size) {
  switch (size) {
    case PageSize::huge_2m: return MFD_HUGETLB | MFD_HUGE_2MB;
    case PageSize::huge_1g: return MFD_HUGETLB | MFD_HUGE_1GB;
    case PageSize::base: break;
  }
  return 0;
}

std::string pool_path(PageSize size, std::string_view file) {
  return fmt::format("/sys/kernel/mm/hugepages/hugepages-{}kB/{}", page_bytes(size) >> 10, file);
}

std::string hugepage_hint(const RamConfig& config) {
  if (config.pages == PageSize::base) return "";
  long free = 0;
  std::ifstream{pool_path(config.pages, "free_hugepages")} >> free;
  return fmt::format(" ({} huge pages of {} MiB are free, {} are needed; write more to {})", free,
                     page_bytes(config.pages) >> 20, config.bytes / page_bytes(config.pages),
                     pool_path(config.pages, "nr_hugepages"));
}

std::unexpected<Error> ram_error(const RamConfig& config, std::string_view step) {
  auto error = sys_error(fmt::format("get {} MiB of guest RAM: {}", config.bytes >> 20, step));
  error.error().text += hugepage_hint(config);
  return error;
}

/// The kernel promises memory that it does not have; ask it how much there is before it kills us.
Result<> check_available(const RamConfig& config) {
  if (config.pages != PageSize::base) return {};
  std::ifstream meminfo{"/proc/meminfo"};
  std::string key;
  std::uint64_t kib = 0;
  std::string unit;
  while (meminfo >> key >> kib && std::getline(meminfo, unit))
    if (key == "MemAvailable:" && (kib << 10) < config.bytes)
      return env_error(
          fmt::format("get {} MiB of guest RAM: this host has {} MiB available (lower --memory)",
                      config.bytes >> 20, kib >> 10));
  return {};
}

}  // namespace

std::uint64_t page_bytes(PageSize size) {
  switch (size) {
    case PageSize::huge_2m: return 2_MiB;
    case PageSize::huge_1g: return 1_GiB;
    case PageSize::base: break;
  }
  return 4_KiB;
}

Result<GuestRam> GuestRam::create(const RamConfig& config) {
  TRY_VOID(check_available(config));
  GuestRam ram;
  ram.fd_ = Fd{::memfd_create("guest-ram", MFD_CLOEXEC | memfd_flags(config.pages))};
  if (!ram.fd_) return ram_error(config, "memfd_create");
  if (::ftruncate(ram.fd_.raw(), static_cast<off_t>(config.bytes)) != 0)
    return ram_error(config, "ftruncate");
  void* p = ::mmap(nullptr, config.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ram.fd_.raw(), 0);
  if (p == MAP_FAILED) return ram_error(config, "mmap");
  ram.bytes_ = {static_cast<std::byte*>(p), config.bytes};
  if (config.pages == PageSize::base)  // takes effect where the host allows it for shared memory
    ::madvise(p, config.bytes, MADV_HUGEPAGE);
  ::madvise(p, config.bytes, MADV_DONTDUMP);
  if (config.prefault && ::madvise(p, config.bytes, MADV_POPULATE_WRITE) != 0)
    return ram_error(config, "prefault");
  return ram;
}

GuestRam::~GuestRam() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

Result<> lock_all_memory() {
  if (::mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return {};
  auto error = sys_error("lock memory");
  error.error().text += " (needs CAP_IPC_LOCK, or an RLIMIT_MEMLOCK of all of it)";
  return error;
}

}  // namespace takt
