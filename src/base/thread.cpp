// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <memory>
#include <utility>

namespace takt {
namespace {

/// Shared by starter and thread: the last of them frees it, so that the thread may still be
/// inside notify_one() when the starter goes on.
struct StartArgs {
  std::string name;
  std::function<void()> body;
  std::atomic<pid_t> tid = 0;
};

void* entry(void* raw) {
  const std::unique_ptr<std::shared_ptr<StartArgs>> args{
      static_cast<std::shared_ptr<StartArgs>*>(raw)};
  ::prctl(PR_SET_NAME, (*args)->name.c_str());  // by itself: the body never runs under another name
  (*args)->tid.store(current_tid(), std::memory_order_release);
  (*args)->tid.notify_one();
  (*args)->body();
  return nullptr;
}

int create_with_signals_blocked(pthread_t* handle, const pthread_attr_t* attr, void* args) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(handle, attr, entry, args);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error;
}

int raw_policy(Policy policy) {
  switch (policy) {
    case Policy::fifo: return SCHED_FIFO;
    case Policy::rr: return SCHED_RR;
    case Policy::other: break;
  }
  return SCHED_OTHER;
}

std::string_view raw_policy_name(int policy) {
  switch (policy & ~SCHED_RESET_ON_FORK) {
    case SCHED_FIFO: return "fifo";
    case SCHED_RR: return "rr";
    case SCHED_OTHER: return "other";
    case SCHED_BATCH: return "batch";
    case SCHED_IDLE: return "idle";
    default: return "deadline";
  }
}

}  // namespace

std::string_view policy_name(Policy policy) { return raw_policy_name(raw_policy(policy)); }

Result<> set_least_timer_slack() {
  if (::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) != 0) return sys_error("set the timer slack");
  return {};
}

pid_t current_tid() noexcept { return static_cast<pid_t>(::syscall(SYS_gettid)); }

Result<Thread> Thread::start(const std::string& name, std::function<void()> body,
                             std::size_t stack_bytes) {
  auto args = std::make_shared<StartArgs>();
  args->name = name.substr(0, 15);
  args->body = std::move(body);
  auto for_thread = std::make_unique<std::shared_ptr<StartArgs>>(args);
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, stack_bytes);
  pthread_t handle{};
  const int error = create_with_signals_blocked(&handle, &attr, for_thread.get());
  pthread_attr_destroy(&attr);
  if (error != 0) {
    errno = error;
    return sys_error(fmt::format("start thread {}", name));
  }
  (void)for_thread.release();  // the thread frees it
  args->tid.wait(0, std::memory_order_acquire);
  Thread thread;
  thread.name_ = args->name;
  thread.handle_ = handle;
  thread.tid_ = args->tid.load(std::memory_order_acquire);
  return thread;
}

Thread::Thread(Thread&& other) noexcept
    : name_{std::move(other.name_)},
      handle_{std::exchange(other.handle_, std::nullopt)},
      tid_{other.tid_} {}

Thread& Thread::operator=(Thread&& other) noexcept {
  join();
  name_ = std::move(other.name_);
  handle_ = std::exchange(other.handle_, std::nullopt);
  tid_ = other.tid_;
  return *this;
}

Thread::~Thread() { join(); }

void Thread::join() {
  if (!handle_) return;
  pthread_join(*handle_, nullptr);
  handle_.reset();
}

void Thread::detach() {
  if (!handle_) return;
  pthread_detach(*handle_);
  handle_.reset();
}

void Thread::signal(int number) const noexcept {
  if (handle_) pthread_kill(*handle_, number);
}

Result<> place_thread(pid_t tid, const Placement& placement) {
  if (placement.cpus && ::sched_setaffinity(tid, sizeof(cpu_set_t), &placement.cpus->raw()) != 0)
    return sys_error(fmt::format("run on cpu {} (is it online and in this process's cpuset?)",
                                 placement.cpus->text()));
  if (placement.policy == Policy::other) return {};
  const sched_param param{.sched_priority = placement.priority};
  if (::sched_setscheduler(tid, raw_policy(placement.policy), &param) != 0)
    return sys_error(
        fmt::format("policy {} priority {} (needs CAP_SYS_NICE, or an RLIMIT_RTPRIO of that much)",
                    policy_name(placement.policy), placement.priority));
  return {};
}

Result<EffectiveThread> effective_thread(pid_t tid) {
  EffectiveThread thread{.tid = tid};
  std::ifstream comm{fmt::format("/proc/self/task/{}/comm", tid)};
  std::getline(comm, thread.name);
  const int policy = ::sched_getscheduler(tid);
  sched_param param{};
  cpu_set_t cpus;
  if (policy < 0 || ::sched_getparam(tid, &param) != 0 ||
      ::sched_getaffinity(tid, sizeof cpus, &cpus) != 0)
    return sys_error(fmt::format("scheduling attributes of thread {}", tid));
  thread.policy = raw_policy_name(policy);
  thread.priority = param.sched_priority;
  thread.cpus = CpuList{cpus};
  return thread;
}

}  // namespace takt
