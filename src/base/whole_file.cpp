// SPDX-License-Identifier: Apache-2.0
#include "base/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/fd.h"

namespace takt {

Result<MappedFile> MappedFile::open(const std::string& path) {
  TRY(const Fd fd, open_file(path, O_RDONLY | O_NONBLOCK));  // a FIFO must not block
  struct stat st{};
  if (::fstat(fd.raw(), &st) != 0) return sys_error(fmt::format("stat {}", path));
  if (!S_ISREG(st.st_mode)) return env_error(fmt::format("{} is not a regular file", path));
  MappedFile file;
  const auto size = static_cast<std::size_t>(st.st_size);
  if (size == 0) return file;
  void* p = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd.raw(), 0);
  if (p == MAP_FAILED) return sys_error(fmt::format("map {}", path));
  file.bytes_ = {static_cast<std::byte*>(p), size};
  return file;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace takt
