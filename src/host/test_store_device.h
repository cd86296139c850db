// SPDX-License-Identifier: Apache-2.0
// A device with a disk, for tests.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <thread>

#include "base/rt.h"
#include "host/event_loop.h"
#include "host/file_store.h"

namespace takt {

/// What a device does with a store, in a section of the guards.
struct TestStoreDevice {
  std::unique_ptr<EventLoop> loop = *EventLoop::create();
  std::unique_ptr<FileStore> store;

  Result<> open(const FileStoreConfig& config) {
    TRY(store, FileStore::open(config, *loop, DeviceId{1}));
    return {};
  }
  [[nodiscard]] bool submit(const BlockRequest& request) const {
    const rt::Section section;
    return store->submit(request);
  }
  void kick() const {
    const rt::Section section;
    store->kick();
  }
  [[nodiscard]] std::optional<BlockDone> completed() const {
    const rt::Section section;
    return store->completed();
  }
  [[nodiscard]] BlockDone wait() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (std::chrono::steady_clock::now() < end) {
      if (const auto done = completed()) return *done;
      std::this_thread::yield();
    }
    ADD_FAILURE() << "no completion";
    return {};
  }
  /// One request, from beginning to end.
  bool run(BlockRequest request, std::span<const iovec> pieces = {}) const {
    request.pieces = pieces;
    request.tag = 4711;
    EXPECT_TRUE(submit(request));
    kick();
    const BlockDone done = wait();
    EXPECT_EQ(done.tag, 4711);
    return done.ok;
  }
  bool run(BlockRequest::Kind kind, std::uint64_t offset, std::uint8_t* data,
           std::size_t bytes) const {
    const std::array one{iovec{.iov_base = data, .iov_len = bytes}};
    return run({.kind = kind, .offset = offset, .bytes = bytes}, one);
  }
};

}  // namespace takt
