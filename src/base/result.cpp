// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace takt {

void say(std::string_view text) noexcept {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fputc('\n', stderr);
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

std::unexpected<Error> usage_error(std::string text) {
  return std::unexpected(Error{std::move(text), Blame::usage});
}

std::unexpected<Error> env_error(std::string text) {
  return std::unexpected(Error{std::move(text), Blame::environment});
}

std::unexpected<Error> sys_error(std::string_view what) {
  const int saved = errno;
  return env_error(std::string{what} + ": " + std::strerror(saved));
}

std::unexpected<Error> in_context(std::string_view context, Error error) {
  error.text = std::string{context} + ": " + error.text;
  return std::unexpected(std::move(error));
}

void bug(const char* message, const char* file, int line) {
  std::fprintf(stderr, "takt: bug: %s (%s:%d)\n", message, file, line);
  std::abort();
}

}  // namespace takt
