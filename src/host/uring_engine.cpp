// SPDX-License-Identifier: Apache-2.0
// io_uring(7), by one thread: each job has one call in the ring at a time, so the ring always has
// room. The thread's own wake-up, an eventfd, is watched by the ring as well, so there is one place
// to sleep at.
#include <liburing.h>
#include <poll.h>
#include <sched.h>

#include <array>
#include <bit>
#include <cerrno>

#include "host/block_engine.h"
#include "host/ordinary_thread.h"

namespace takt {
namespace {

constexpr std::uint64_t wake_mark = ~std::uint64_t{0};
/// Threads of the kernel's for what cannot be done without waiting: syncs, and reads by the page
/// cache.
constexpr unsigned most_kernel_threads = 8;

class UringEngine final : public BlockEngine {
 public:
  explicit UringEngine(BlockQueue& queue) : queue_{queue} {}
  ~UringEngine() override {
    if (thread_.joinable()) queue_.stop();
    thread_.join();
    if (made_) ::io_uring_queue_exit(&ring_);
  }

  Result<> start(const std::string& name) {
    const auto entries = std::bit_ceil(static_cast<unsigned>(queue_.jobs.size()) + 1);
    if (const int error = ::io_uring_queue_init(entries, &ring_, 0); error < 0) {
      errno = -error;
      return sys_error("io_uring_setup");
    }
    made_ = true;
    if ((ring_.features & IORING_FEAT_RSRC_TAGS) == 0) {
      errno = ENOSYS;
      return sys_error("io_uring's poll of more than one event (Linux 5.13)");
    }
    std::array<unsigned, 2> most{most_kernel_threads, most_kernel_threads};
    ::io_uring_register_iowq_max_workers(&ring_,
                                         most.data());  // older kernels have their own bound
    TRY(thread_, start_ordinary_thread(name, [this] { run(); }));
    return {};
  }

  [[nodiscard]] std::vector<pid_t> threads() const override { return {thread_.tid()}; }

 private:
  void run() {
    watch_for_wake();
    while (true) {
      begin_all();
      if (under_way_ == 0 && queue_.stopping() && queue_.todo.empty()) return;
      const bool sleeps = queue_.may_sleep(under_way_ > 0);
      ::io_uring_submit_and_wait(&ring_, sleeps ? 1 : 0);
      if (sleeps) queue_.woken();
      reap();
    }
  }

  void begin_all() {
    bool any = false;
    while (const auto job = queue_.todo.pop()) {
      if (!placed_) place_kernel_threads();
      any = go_on(*job) || any;
    }
    if (any) queue_.bell.ring();
  }

  /// Who places this thread has done so by now.
  void place_kernel_threads() {
    placed_ = true;
    cpu_set_t cpus;
    if (::sched_getaffinity(0, sizeof cpus, &cpus) == 0)
      ::io_uring_register_iowq_aff(&ring_, sizeof cpus, &cpus);  // since Linux 5.14
  }

  /// True: it is done.
  bool go_on(std::uint16_t index) {
    BlockJob& job = queue_.jobs[index];
    while (true) {
      const IoStep step = job.next();
      if (submit(step, index)) return false;
      if (finished(index, perform(queue_.file.fd, step))) return true;
    }
  }

  /// False for what io_uring has no call for: BLKDISCARD, of devices that are rare, and nothing.
  bool submit(const IoStep& step, std::uint16_t index) {
    if (step.op == IoStep::Op::discard || step.op == IoStep::Op::answer) return false;
    io_uring_sqe* sqe = entry();
    if (sqe == nullptr) return false;
    prepare(*sqe, step);
    ::io_uring_sqe_set_data64(sqe, index);
    ++under_way_;
    return true;
  }

  void prepare(io_uring_sqe& sqe, const IoStep& step) const {
    const int fd = queue_.file.fd.raw();
    const auto count = static_cast<unsigned>(step.pieces.size());
    switch (step.op) {
      case IoStep::Op::readv:
        return ::io_uring_prep_readv(&sqe, fd, step.pieces.data(), count, step.offset);
      case IoStep::Op::writev:
        return ::io_uring_prep_writev(&sqe, fd, step.pieces.data(), count, step.offset);
      case IoStep::Op::fallocate:
        return ::io_uring_prep_fallocate(&sqe, fd, step.mode, static_cast<off_t>(step.offset),
                                         static_cast<off_t>(step.bytes));
      default: return ::io_uring_prep_fsync(&sqe, fd, IORING_FSYNC_DATASYNC);
    }
  }

  io_uring_sqe* entry() {
    io_uring_sqe* sqe = ::io_uring_get_sqe(&ring_);
    if (sqe != nullptr) return sqe;
    ::io_uring_submit(&ring_);
    return ::io_uring_get_sqe(&ring_);
  }

  /// The ring tells of each signal, and nobody need read the counter.
  void watch_for_wake() {
    io_uring_sqe* sqe = entry();
    if (sqe == nullptr) return;
    ::io_uring_prep_poll_multishot(sqe, queue_.wake().raw(), POLLIN);
    ::io_uring_sqe_set_data64(sqe, wake_mark);
    watched_ = true;
  }

  void reap() {
    bool any = false;
    io_uring_cqe* cqe = nullptr;
    while (::io_uring_peek_cqe(&ring_, &cqe) == 0) {
      const std::uint64_t mark = ::io_uring_cqe_get_data64(cqe);
      const int result = cqe->res;
      const bool goes_on = (cqe->flags & IORING_CQE_F_MORE) != 0;
      ::io_uring_cqe_seen(&ring_, cqe);
      if (mark == wake_mark)
        watched_ = goes_on;
      else
        any = came_back(static_cast<std::uint16_t>(mark), result) || any;
    }
    if (!watched_) watch_for_wake();
    if (any) queue_.bell.ring();
  }

  bool came_back(std::uint16_t index, int result) {
    --under_way_;
    return finished(index, result) || go_on(index);
  }

  bool finished(std::uint16_t index, int result) {
    const BlockJob::State state = queue_.jobs[index].went(result);
    if (state == BlockJob::State::goes_on) return false;
    (void)queue_.done.push({.job = index, .ok = state == BlockJob::State::done});  // it has room
    return true;
  }

  BlockQueue& queue_;
  io_uring ring_{};
  bool made_ = false;
  Thread thread_;

  // its thread only
  unsigned under_way_ = 0;
  bool placed_ = false;
  bool watched_ = false;
};

}  // namespace

Result<std::unique_ptr<BlockEngine>> start_uring_engine(BlockQueue& queue,
                                                        const std::string& name) {
  auto engine = std::make_unique<UringEngine>(queue);
  TRY_VOID(engine->start(name));
  return engine;
}

}  // namespace takt
