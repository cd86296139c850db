// SPDX-License-Identifier: Apache-2.0
// A raw disk image or a block device of the host, as it is opened. Nothing is guessed from what is
// in it: the guest writes that. Set-up only.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.h"
#include "base/result.h"

namespace takt {

enum class DiskCache : std::uint8_t {
  writeback,  // by the host's page cache: the default, for it is quick and takes any buffer
  none,       // O_DIRECT: the host's memory is not filled with the guest's data; a write is in the
              // disk's own cache when it is complete. In both, only a flush makes it durable.
};

struct BlockFileConfig {
  std::string path;
  bool read_only = false;
  DiskCache cache = DiskCache::writeback;
};

struct BlockFile {
  /// Of O_DIRECT, at most: memory and offsets of that alignment are always taken.
  static constexpr std::uint32_t most_alignment = 4096;

  Fd fd = {};
  std::uint64_t bytes = 0;          // a multiple of block_bytes
  std::uint32_t block_bytes = 512;  // 512 or 4096
  std::uint32_t alignment = 1;      // of memory, offsets and sizes: 1, or what O_DIRECT needs
  bool read_only = false;
  bool is_device = false;
  bool can_discard = false;

  /// Locks the file against other programs that lock it too (fcntl(2), open file description
  /// locks): one writer, or any number of readers. A block device that is written to is opened so
  /// that it cannot be mounted as well. Errors are one line with the path.
  static Result<BlockFile> open(const BlockFileConfig& config);
};

}  // namespace takt
