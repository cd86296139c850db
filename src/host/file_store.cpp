// SPDX-License-Identifier: Apache-2.0
#include "host/file_store.h"

#include <fmt/format.h>

#include "host/system_clock.h"

namespace takt {
namespace {

/// Bytes that go over the wire.
std::uint64_t moved_bytes(const BlockRequest& request) RT {
  const bool moves =
      request.kind == BlockRequest::Kind::read || request.kind == BlockRequest::Kind::write;
  return moves ? request.bytes : 0;
}

}  // namespace

Result<std::unique_ptr<FileStore>> FileStore::open(const FileStoreConfig& config, EventLoop& loop,
                                                   DeviceId device) {
  if (config.depth == 0 || config.depth > BlockQueue::most_jobs)
    return usage_error(
        fmt::format("disk {}: the depth is 1 to {}", config.file.path, BlockQueue::most_jobs));
  auto file = BlockFile::open(config.file);
  if (!file) return in_context("disk", std::move(file.error()));
  TRY(auto queue, BlockQueue::create(std::move(*file), config.depth, loop));
  std::unique_ptr<FileStore> store{new FileStore{std::move(queue), config}};
  if (store->limited_) TRY_VOID(store->watch_alarm(loop, device));
  TRY_VOID(store->start_engine(config));
  return store;
}

FileStore::FileStore(std::unique_ptr<BlockQueue> queue, const FileStoreConfig& config)
    : queue_{std::move(queue)},
      depth_{config.depth},
      limited_{config.limits.ops_per_s != 0 || config.limits.bytes_per_s != 0},
      limit_{config.limits},
      free_(config.depth),
      free_count_{config.depth} {
  for (std::uint16_t n = 0; n < config.depth; ++n) free_[n] = n;
}

FileStore::~FileStore() { engine_.reset(); }

Result<> FileStore::start_engine(const FileStoreConfig& config) {
  kind_ = DiskEngine::io_uring;
  if (config.engine != DiskEngine::threads) {
    auto engine = start_uring_engine(*queue_, config.thread);
    if (engine) engine_ = std::move(*engine);
    if (engine) return {};
    if (config.engine == DiskEngine::io_uring)
      return in_context(fmt::format("disk {}", config.file.path), std::move(engine.error()));
    say(fmt::format("takt: disk {}: threads instead of io_uring ({})", config.file.path,
                    engine.error().text));
  }
  kind_ = DiskEngine::threads;
  TRY(engine_, start_pool_engine(*queue_, config.thread));
  return {};
}

Result<> FileStore::watch_alarm(EventLoop& loop, DeviceId device) {
  TRY(alarm_, TimerAlarm::on_monotonic_clock());
  return alarm_->watch_by(loop, device, [&loop] { loop.ring(); });
}

bool FileStore::submit(const BlockRequest& request) RT {
  if (free_count_ == 0 || !within_limits(request)) return false;
  const std::uint16_t index = free_[--free_count_];
  queue_->jobs[index].begin(request);
  return queue_->todo.push(index);  // there are as many places as jobs
}

bool FileStore::within_limits(const BlockRequest& request) RT {
  if (!limited_) return true;
  const auto later_ns = limit_.take(host_ns(CLOCK_MONOTONIC), moved_bytes(request));
  if (later_ns) alarm_->arm(*later_ns);
  return !later_ns;
}

void FileStore::kick() RT { queue_->kick(); }

std::optional<BlockDone> FileStore::completed() RT {
  const auto done = queue_->done.pop();
  if (!done) return std::nullopt;
  const std::uint16_t tag = queue_->jobs[done->job].tag();
  free_[free_count_++] = done->job;
  return BlockDone{.tag = tag, .ok = done->ok};
}

}  // namespace takt
