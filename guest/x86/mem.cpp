// SPDX-License-Identifier: Apache-2.0
// The functions that compilers call on their own; more in common/mem.cpp.
// MOVS and STOS rather than loops: a loop could be compiled into a call of itself.
#include <cstddef>

extern "C" {

void* memcpy(void* to, const void* from, std::size_t n) {
  void* const result = to;
  asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
  return result;
}

void* memset(void* to, int value, std::size_t n) {
  void* const result = to;
  asm volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory");
  return result;
}

}  // extern "C"
