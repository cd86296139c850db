// SPDX-License-Identifier: Apache-2.0
// Between a disk's server and the threads that may wait for it: jobs go over one ring, what became
// of them comes back over another, and each side wakes the other only when it sleeps.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/spsc_ring.h"
#include "bus/work.h"
#include "host/block_file.h"
#include "host/block_job.h"

namespace takt {

class BlockQueue {
 public:
  static constexpr std::uint16_t most_jobs = 256;
  struct Done {
    std::uint16_t job = 0;  // an index of jobs
    bool ok = false;
  };

  /// `depth`: 1 to most_jobs. The bell is rung by the workers.
  static Result<std::unique_ptr<BlockQueue>> create(BlockFile file, std::uint16_t depth,
                                                    Bell& bell);

  const BlockFile file;
  std::vector<BlockJob> jobs;
  SpscRing<std::uint16_t, most_jobs> todo;
  SpscRing<Done, most_jobs> done;
  Bell& bell;

  // The server:
  void kick() RT;
  /// No more jobs; those that are there are still done. Any thread.
  void stop();

  // A worker:
  [[nodiscard]] bool stopping() const { return stopping_; }
  /// Before it sleeps until wake() is readable. False when it must not, for there is something to
  /// do; `even_so` says not to look whether it should stop.
  [[nodiscard]] bool may_sleep(bool even_so = false);
  /// After it slept.
  void woken();
  [[nodiscard]] const Fd& wake() const { return wake_; }

 private:
  BlockQueue(BlockFile of, Bell& its_bell, Fd wake)
      : file{std::move(of)}, bell{its_bell}, wake_{std::move(wake)} {}
  Fd wake_;
  alignas(64) std::atomic<int> sleepers_ = 0;
  std::atomic<bool> stopping_ = false;
};

/// The threads. The destructor does what is in the queue, and joins them.
class BlockEngine {
 public:
  virtual ~BlockEngine() = default;
  [[nodiscard]] virtual std::vector<pid_t> threads() const = 0;
};

/// One thread, NAME, and the kernel's io_uring: submitting may block, for a second on a bad day.
/// What the kernel starts for it (iou-wrk-TID) runs where that thread ran when the first request
/// came. The error says that this host does not permit it, or is before Linux 5.13.
[[nodiscard]] Result<std::unique_ptr<BlockEngine>> start_uring_engine(BlockQueue& queue,
                                                                      const std::string& name);

/// A few threads, NAME and NAME-1 and so on, each with one blocking call at a time.
[[nodiscard]] Result<std::unique_ptr<BlockEngine>> start_pool_engine(BlockQueue& queue,
                                                                     const std::string& name);

}  // namespace takt
