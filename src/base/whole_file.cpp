// SPDX-License-Identifier: Apache-2.0
#include "base/whole_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"

namespace takt {
namespace {

Result<> read_all(const Fd& fd, const std::string& path, std::span<std::byte> to) {
  while (!to.empty()) {
    const ssize_t n = ::read(fd.raw(), to.data(), to.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return sys_error(fmt::format("read {}", path));
    if (n == 0)
      return env_error(fmt::format("{} became shorter while it was read; try again", path));
    to = to.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

}  // namespace

Result<WholeFile> WholeFile::read(const std::string& path) {
  TRY(const Fd fd, open_file(path, O_RDONLY | O_NONBLOCK));  // a FIFO must not block
  struct stat st{};
  if (::fstat(fd.raw(), &st) != 0) return sys_error(fmt::format("stat {}", path));
  if (!S_ISREG(st.st_mode)) return env_error(fmt::format("{} is not a regular file", path));
  WholeFile file;
  const auto size = static_cast<std::uint64_t>(st.st_size);
  if (size == 0) return file;
  if (size > most_bytes)
    return env_error(
        fmt::format("{} has {} GiB; the most that takt reads is 4 GiB", path, size >> 30));
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* p = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (p == MAP_FAILED) return sys_error(fmt::format("memory for {}", path));
  file.bytes_ = {static_cast<std::byte*>(p), size};
  TRY_VOID(read_all(fd, path, file.bytes_));
  return file;
}

WholeFile::~WholeFile() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace takt
