// SPDX-License-Identifier: Apache-2.0
#include "host/block_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fstream>

namespace takt {
namespace {

constexpr std::uint32_t sector_bytes = 512;

/// Before it is opened: to open a FIFO is to wait for its other end.
Result<bool> is_block_device(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return sys_error(fmt::format("open {}", path));
  if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
    return usage_error(fmt::format("{}: a disk is a file or a block device", path));
  return S_ISBLK(status.st_mode);
}

int open_flags(const BlockFileConfig& config, bool is_device) {
  int flags = config.read_only ? O_RDONLY : O_RDWR;
  if (config.cache == DiskCache::none) flags |= O_DIRECT;
  if (is_device && !config.read_only) flags |= O_EXCL;  // open(2): not while it is mounted
  return flags;
}

Result<Fd> open_disk(const BlockFileConfig& config, bool is_device) {
  auto fd = open_file(config.path, open_flags(config, is_device));
  if (fd) return fd;
  if (errno == EINVAL && config.cache == DiskCache::none)
    fd.error().text += " (no direct access on this file system: cache=writeback)";
  if (errno == EBUSY) fd.error().text += " (the host has it mounted, or another program has it)";
  if (!config.read_only && (errno == EROFS || errno == EACCES)) fd.error().text += " (read-only?)";
  return fd;
}

Result<> lock(const Fd& fd, const BlockFileConfig& config) {
  struct flock whole{};
  whole.l_type = config.read_only ? F_RDLCK : F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(fd.raw(), F_OFD_SETLK, &whole) == 0) return {};
  if (errno == EAGAIN || errno == EACCES)
    return env_error(fmt::format("{}: another program {} it", config.path,
                                 config.read_only ? "writes to" : "uses"));
  return sys_error(fmt::format("{}: lock it", config.path));
}

Result<> measure_device(BlockFile& file, const std::string& path) {
  int logical = 0;
  if (::ioctl(file.fd.raw(), BLKGETSIZE64, &file.bytes) != 0 ||
      ::ioctl(file.fd.raw(), BLKSSZGET, &logical) != 0)
    return sys_error(fmt::format("{}: size of the device", path));
  file.block_bytes = std::max(static_cast<std::uint32_t>(logical), sector_bytes);
  return {};
}

Result<> measure_file(BlockFile& file, const std::string& path) {
  struct stat status{};
  if (::fstat(file.fd.raw(), &status) != 0) return sys_error(fmt::format("{}: fstat", path));
  file.bytes = static_cast<std::uint64_t>(status.st_size);
  return {};
}

/// Tried, for what a file system asks for stands in no file that all of them have.
std::uint32_t direct_alignment(const Fd& fd) {
  alignas(BlockFile::most_alignment) std::array<std::byte, 2 * BlockFile::most_alignment> room;
  const bool small = ::pread(fd.raw(), room.data() + sector_bytes, sector_bytes, sector_bytes) >= 0;
  return small ? sector_bytes : BlockFile::most_alignment;
}

Result<> check_size(const BlockFile& file, const std::string& path) {
  if (file.block_bytes != sector_bytes && file.block_bytes != BlockFile::most_alignment)
    return env_error(fmt::format("{}: its blocks have {} bytes; takt knows 512 and 4096", path,
                                 file.block_bytes));
  if (file.bytes == 0)
    return env_error(fmt::format("{}: is empty (truncate -s 1G {})", path, path));
  if (file.bytes % file.block_bytes != 0)
    return env_error(fmt::format("{}: {} bytes, which is no multiple of {} (truncate -s %{} {})",
                                 path, file.bytes, file.block_bytes, file.block_bytes, path));
  return {};
}

/// A partition's queue is its disk's.
bool device_can_discard(const Fd& fd) {
  struct stat status{};
  if (::fstat(fd.raw(), &status) != 0) return false;
  for (const char* where : {"", "/.."}) {
    std::uint64_t most = 0;
    std::ifstream file{fmt::format("/sys/dev/block/{}:{}{}/queue/discard_max_bytes",
                                   major(status.st_rdev), minor(status.st_rdev), where)};
    if (file >> most) return most != 0;
  }
  return false;
}

/// Where there is nothing, a hole is nothing new.
bool file_can_discard(const BlockFile& file) {
  return ::fallocate(file.fd.raw(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                     static_cast<off_t>(file.bytes), BlockFile::most_alignment) == 0;
}

}  // namespace

Result<BlockFile> BlockFile::open(const BlockFileConfig& config) {
  BlockFile file{.read_only = config.read_only};
  TRY(file.is_device, is_block_device(config.path));
  TRY(file.fd, open_disk(config, file.is_device));
  TRY_VOID(lock(file.fd, config));
  TRY_VOID(file.is_device ? measure_device(file, config.path) : measure_file(file, config.path));
  if (config.cache == DiskCache::none) {
    file.alignment = std::max(direct_alignment(file.fd), file.block_bytes);
    file.block_bytes = file.alignment;
  }
  TRY_VOID(check_size(file, config.path));
  if (!file.read_only)
    file.can_discard = file.is_device ? device_can_discard(file.fd) : file_can_discard(file);
  return file;
}

}  // namespace takt
