// SPDX-License-Identifier: Apache-2.0
// The functions that compilers call on their own; more in common/mem.cpp.
// `volatile`, because a loop could be compiled into a call of itself.
#include <cstddef>

extern "C" {

void* memcpy(void* to, const void* from, std::size_t n) {
  auto* const target = static_cast<volatile unsigned char*>(to);
  auto* const source = static_cast<const volatile unsigned char*>(from);
  for (std::size_t i = 0; i < n; ++i) target[i] = source[i];
  return to;
}

void* memset(void* to, int value, std::size_t n) {
  auto* const target = static_cast<volatile unsigned char*>(to);
  for (std::size_t i = 0; i < n; ++i) target[i] = static_cast<unsigned char>(value);
  return to;
}

}  // extern "C"
