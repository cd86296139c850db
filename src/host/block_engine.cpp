// SPDX-License-Identifier: Apache-2.0
#include "host/block_engine.h"

namespace takt {

Result<std::unique_ptr<BlockQueue>> BlockQueue::create(BlockFile file, std::uint16_t depth,
                                                       Bell& bell) {
  TRY(Fd wake, make_eventfd());
  std::unique_ptr<BlockQueue> queue{new BlockQueue{std::move(file), bell, std::move(wake)}};
  queue->jobs.reserve(depth);
  for (std::uint16_t n = 0; n < depth; ++n) queue->jobs.emplace_back(queue->file);
  return queue;
}

/// Both sides change sleepers_: either this one sees the sleeper, or the sleeper sees the job.
void BlockQueue::kick() RT {
  if (sleepers_.fetch_add(0) > 0) signal_eventfd(wake_);
}

void BlockQueue::stop() {
  stopping_ = true;
  signal_eventfd(wake_);
}

bool BlockQueue::may_sleep(bool even_so) {
  sleepers_.fetch_add(1);
  if (todo.empty() && (even_so || !stopping_)) return true;
  sleepers_.fetch_sub(1);
  return false;
}

void BlockQueue::woken() { sleepers_.fetch_sub(1); }

}  // namespace takt
