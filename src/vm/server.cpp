// SPDX-License-Identifier: Apache-2.0
#include "vm/server.h"

namespace takt {

Result<std::unique_ptr<Server>> Server::create(std::string name, std::size_t devices) {
  TRY(auto loop, EventLoop::create());
  return std::unique_ptr<Server>{new Server{std::move(name), devices, std::move(loop)}};
}

Result<> Server::start() {
  TRY(thread_, Thread::start(name_, [this] { body(); }));
  ready_.wait(false, std::memory_order_acquire);
  return {};
}

void Server::stop() {
  loop_->stop();
  thread_.join();
}

void Server::body() {
  const ThreadRecorder::Scope scope{recorder_};
  loop_->begin();
  ready_.store(true, std::memory_order_release);
  ready_.notify_one();
  loop_->run();
}

}  // namespace takt
