// SPDX-License-Identifier: Apache-2.0
// The functions that some of the library's headers call. `volatile`, because a loop could be
// compiled into a call of itself. memcpy and memset, which matter more, are the architecture's.
#include <cstddef>

extern "C" {

int memcmp(const void* a, const void* b, std::size_t n) {
  auto* const x = static_cast<const volatile unsigned char*>(a);
  auto* const y = static_cast<const volatile unsigned char*>(b);
  for (std::size_t i = 0; i < n; ++i) {
    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;
  }
  return 0;
}

void* memchr(const void* s, int value, std::size_t n) {
  auto* const bytes = static_cast<const volatile unsigned char*>(s);
  for (std::size_t i = 0; i < n; ++i) {
    if (bytes[i] == static_cast<unsigned char>(value)) return const_cast<unsigned char*>(bytes + i);
  }
  return nullptr;
}

std::size_t strlen(const char* s) {
  auto* const bytes = static_cast<const volatile char*>(s);
  std::size_t n = 0;
  while (bytes[n] != '\0') ++n;
  return n;
}

}  // extern "C"
