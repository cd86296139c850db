// SPDX-License-Identifier: Apache-2.0
// Where io_uring is not permitted: threads that wait.
#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <optional>

#include "base/pi_mutex.h"
#include "host/block_engine.h"
#include "host/ordinary_thread.h"

namespace takt {
namespace {

class PoolEngine final : public BlockEngine {
 public:
  static constexpr std::size_t workers = 4;

  explicit PoolEngine(BlockQueue& queue) : queue_{queue} {}
  ~PoolEngine() override {
    queue_.stop();
    for (Thread& thread : threads_) thread.join();
  }

  Result<> start(const std::string& name) {
    for (std::size_t n = 0; n < workers; ++n) {
      TRY(threads_[n],
          start_ordinary_thread(n == 0 ? name : fmt::format("{}-{}", name, n), [this] { run(); }));
    }
    return {};
  }

  [[nodiscard]] std::vector<pid_t> threads() const override {
    std::vector<pid_t> tids;
    for (const Thread& thread : threads_) tids.push_back(thread.tid());
    return tids;
  }

 private:
  void run() {
    while (const auto job = take()) finish(*job);
    signal_eventfd(queue_.wake());  // the next one ends too
  }

  [[nodiscard]] std::optional<std::uint16_t> take() {
    while (true) {
      if (const auto job = pop()) return job;
      if (queue_.may_sleep())
        sleep();
      else if (queue_.stopping() && queue_.todo.empty())
        return std::nullopt;
    }
  }

  /// One wake-up may have been for several jobs.
  [[nodiscard]] std::optional<std::uint16_t> pop() {
    const auto job = [&] {
      const PiLock lock{todo_};
      return queue_.todo.pop();
    }();
    if (job && !queue_.todo.empty()) queue_.kick();
    return job;
  }

  void sleep() {
    pollfd wake{.fd = queue_.wake().raw(), .events = POLLIN, .revents = 0};
    ::poll(&wake, 1, -1);
    drain_eventfd(queue_.wake());
    queue_.woken();
  }

  void finish(std::uint16_t index) {
    BlockJob& job = queue_.jobs[index];
    auto state = BlockJob::State::goes_on;
    while (state == BlockJob::State::goes_on) state = job.went(perform(queue_.file.fd, job.next()));
    {
      const PiLock lock{done_};
      (void)queue_.done.push({.job = index, .ok = state == BlockJob::State::done});  // has room
    }
    queue_.bell.ring();
  }

  BlockQueue& queue_;
  PiMutex todo_;  // who takes from queue_.todo
  PiMutex done_;  // who puts into queue_.done
  std::array<Thread, workers> threads_;
};

}  // namespace

Result<std::unique_ptr<BlockEngine>> start_pool_engine(BlockQueue& queue, const std::string& name) {
  auto engine = std::make_unique<PoolEngine>(queue);
  TRY_VOID(engine->start(name));
  return engine;
}

}  // namespace takt
