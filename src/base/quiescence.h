// SPDX-License-Identifier: Apache-2.0
// When may something that others read without a lock be freed? When each reader has been somewhere
// where it holds no reference since it was taken out of sight: a quiescent state.
//
// A reader says when it enters and leaves the stretch in which it holds references: one store each.
// The one who waits looks at the readers' words from time to time and does nothing to them: no
// membarrier(2), no signal, no interrupt on an isolated CPU. A reader that stays outside for ever,
// such as a vCPU that never leaves its guest, delays nobody.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/rt.h"

namespace takt {

class Quiescence {
 public:
  /// One thread's side. Not nested.
  class alignas(64) Reader {
   public:
    /// From here on what is loaded (with memory_order_seq_cst) stays valid.
    void enter() RT { word_.store(next(), std::memory_order_seq_cst); }
    /// No reference is held from here on.
    void leave() RT { word_.store(next(), std::memory_order_release); }

   private:
    friend Quiescence;
    [[nodiscard]] std::uint64_t next() const RT {
      return word_.load(std::memory_order_relaxed) + 1;
    }
    std::atomic<std::uint64_t> word_ = 0;  // odd while inside
  };

  /// The life of this object is a stretch in which references are held.
  class Visit {
   public:
    explicit Visit(Reader& reader) RT : reader_{reader} { reader_.enter(); }
    ~Visit() { reader_.leave(); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    Reader& reader_;
  };

  explicit Quiescence(std::size_t readers) : readers_(readers) {}
  [[nodiscard]] Reader& reader(std::size_t n) { return readers_[n]; }

  /// Returns when each reader that was inside at the call has been outside since. What was replaced
  /// (with memory_order_seq_cst) before the call is then seen by nobody. Blocks: looks again each
  /// 100 us, for as long as the slowest handler takes. Any thread that is no reader.
  void wait() const;

  /// Which readers were inside, and since when.
  struct Mark {
    std::vector<std::uint64_t> words;  // of each reader; 0: it was outside
  };
  /// For a caller that must not wait, because a reader waits for it: what was replaced before
  /// mark() may be freed when has_passed() says so. Allocates.
  [[nodiscard]] Mark mark() const;
  [[nodiscard]] bool has_passed(const Mark& mark) const;

 private:
  std::vector<Reader> readers_;
};

}  // namespace takt
