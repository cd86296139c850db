// SPDX-License-Identifier: Apache-2.0
// What the kernel counts for a thread of this process, read from outside: the thread does not
// notice. Blocks for the time of a read of /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace takt {

/// How long a thread could run and did not (Documentation/scheduler/sched-stats.rst).
struct RunDelay {
  std::uint64_t ns = 0;
  std::uint64_t waits = 0;
};

struct PageFaults {
  std::uint64_t minor = 0;
  std::uint64_t major = 0;
};

/// "EXEC_NS DELAY_NS SLICES"
[[nodiscard]] std::optional<RunDelay> parse_schedstat(std::string_view text);
/// /proc/PID/stat: proc(5), fields 10 and 12. The name in it may hold whatever it likes.
[[nodiscard]] std::optional<PageFaults> parse_stat_faults(std::string_view text);

/// The files of one thread, kept open. One thread at a time.
class ThreadStat {
 public:
  /// `directory` is that of the threads; a test's.
  static Result<ThreadStat> open(pid_t tid, const std::string& directory = "/proc/self/task");

  /// Nothing when the thread is gone.
  [[nodiscard]] std::optional<RunDelay> run_delay() const;
  [[nodiscard]] std::optional<PageFaults> page_faults() const;

 private:
  ThreadStat(Fd schedstat, Fd stat) : schedstat_{std::move(schedstat)}, stat_{std::move(stat)} {}

  Fd schedstat_;
  Fd stat_;
};

}  // namespace takt
