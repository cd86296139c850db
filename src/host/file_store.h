// SPDX-License-Identifier: Apache-2.0
// A disk in a file or a block device of the host, raw. Requests are done by threads of its own
// (block_engine.h), for a disk may take its time; the server only passes them on.
//
// A write is durable when a flush that was submitted after its completion is complete. takt's end
// finishes what is under way and flushes nothing that the guest did not flush.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "bus/block_store.h"
#include "host/block_engine.h"
#include "host/block_file.h"
#include "host/event_loop.h"
#include "host/rate_limit.h"
#include "host/timer_alarm.h"

namespace takt {

enum class DiskEngine : std::uint8_t { automatic, io_uring, threads };

struct FileStoreConfig {
  BlockFileConfig file;
  std::uint16_t depth = 128;  // 1 to BlockQueue::most_jobs
  RateLimits limits = {};     // a flush is an operation, and so is a discard, without bytes
  DiskEngine engine = DiskEngine::automatic;  // io_uring where the host permits it
  std::string thread = "disk-io";
};

class FileStore final : public BlockStore {
 public:
  /// For a device of `loop`, whose bell is rung; the loop has ended before the store goes, and goes
  /// after it. `device` stands in the records. Starts the threads.
  static Result<std::unique_ptr<FileStore>> open(const FileStoreConfig& config, EventLoop& loop,
                                                 DeviceId device);
  FileStore(const FileStore&) = delete;
  FileStore& operator=(const FileStore&) = delete;
  /// Finishes what is under way, however long the disk takes.
  ~FileStore() override;

  [[nodiscard]] std::uint64_t bytes() const RT override { return queue_->file.bytes; }
  [[nodiscard]] std::uint32_t block_bytes() const RT override { return queue_->file.block_bytes; }
  [[nodiscard]] bool read_only() const RT override { return queue_->file.read_only; }
  [[nodiscard]] bool can_discard() const RT override { return queue_->file.can_discard; }
  [[nodiscard]] std::uint16_t depth() const RT override { return depth_; }
  [[nodiscard]] bool submit(const BlockRequest& request) RT override;
  void kick() RT override;
  [[nodiscard]] std::optional<BlockDone> completed() RT override;

  /// The threads, to be placed. What the kernel starts for them follows the first one.
  [[nodiscard]] std::vector<pid_t> threads() const { return engine_->threads(); }
  /// Which engine it is: not automatic.
  [[nodiscard]] DiskEngine engine() const { return kind_; }

 private:
  FileStore(std::unique_ptr<BlockQueue> queue, const FileStoreConfig& config);
  Result<> start_engine(const FileStoreConfig& config);
  Result<> watch_alarm(EventLoop& loop, DeviceId device);
  [[nodiscard]] bool within_limits(const BlockRequest& request) RT;

  std::unique_ptr<BlockQueue> queue_;
  std::unique_ptr<BlockEngine> engine_;
  DiskEngine kind_ = DiskEngine::automatic;
  const std::uint16_t depth_;
  const bool limited_;
  RateLimit limit_;
  std::unique_ptr<TimerAlarm> alarm_;  // null without limits
  std::vector<std::uint16_t> free_;    // jobs; the first free_count_ of them are
  std::size_t free_count_;
};

}  // namespace takt
