// SPDX-License-Identifier: Apache-2.0
// A device server: a thread with a name and a place, its loop and its records.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/thread.h"
#include "host/event_loop.h"
#include "record/thread_recorder.h"

namespace takt {

class Server {
 public:
  /// `devices`: see ThreadRecorder.
  static Result<std::unique_ptr<Server>> create(std::string name, std::size_t devices);
  ~Server() { stop(); }

  /// See ThreadRecorder. Before start().
  void set_budget(RecordKind kind, std::uint32_t cycles) { recorder_.set_budget(kind, cycles); }
  /// After everything was given to loop(). Blocks until the thread is ready for vCPUs.
  Result<> start();
  /// When no vCPU runs any more: what was posted is done, then the thread ends and is joined.
  void stop();

  [[nodiscard]] EventLoop& loop() { return *loop_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const ThreadRecorder& recorder() const { return recorder_; }
  [[nodiscard]] pid_t tid() const { return thread_.tid(); }

 private:
  Server(std::string name, std::size_t devices, std::unique_ptr<EventLoop> loop)
      : name_{std::move(name)}, recorder_{devices}, loop_{std::move(loop)} {}
  void body();

  std::string name_;
  ThreadRecorder recorder_;
  std::unique_ptr<EventLoop> loop_;
  std::atomic<bool> ready_ = false;
  Thread thread_;  // last: joined before anything that it uses goes away
};

}  // namespace takt
