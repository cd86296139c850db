// SPDX-License-Identifier: Apache-2.0
// What the definitions in rt_guard_*.cpp have in common: to look, and to go on to the C library.
#pragma once

#include <dlfcn.h>

#include <atomic>

#include "base/rt_guard.h"

namespace takt::rt {

/// The definition that comes after this program's own: the C library's. Looked up when it is first
/// called; `version` is for symbols of which the C library keeps an old version that dlsym(3)
/// prefers before glibc 2.36.
template <class Function>
class Next {
 public:
  constexpr explicit Next(const char* name, const char* version = nullptr)
      : name_{name}, version_{version} {}

  Function* get() noexcept {
    Function* found = found_.load(std::memory_order_relaxed);
    if (found == nullptr) [[unlikely]]
      found = look_up();
    return found;
  }

 private:
  Function* look_up() noexcept {
    void* found = version_ == nullptr ? nullptr : ::dlvsym(RTLD_NEXT, name_, version_);
    if (found == nullptr) found = ::dlsym(RTLD_NEXT, name_);
    found_.store(reinterpret_cast<Function*>(found), std::memory_order_relaxed);
    return reinterpret_cast<Function*>(found);
  }

  const char* name_;
  const char* version_;
  std::atomic<Function*> found_ = nullptr;
};

inline void look(Breach kind, const char* call) noexcept {
  if (section_depth > 0) [[unlikely]]
    breach(kind, call);
}

/// For what changes the address space: any thread, also in an rt::Allowed, while it is frozen.
inline void look_at_change(const char* call) noexcept {
  if (section_depth > 0 || frozen_heap_end.load(std::memory_order_relaxed) != nullptr) [[unlikely]]
    breach(Breach::address_space, call);
}

}  // namespace takt::rt

/// Defines `name` as: look, then call the C library's. The last argument is `noexcept` where the
/// C library's header says so.
#define TAKT_WATCH(look_first, result, name, parameters, arguments, ...) \
  extern "C" result name parameters __VA_ARGS__ {                        \
    static constinit takt::rt::Next<result parameters> next{#name};      \
    look_first(#name);                                                   \
    return next.get() arguments;                                         \
  }
