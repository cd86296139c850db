// SPDX-License-Identifier: Apache-2.0
// Errors as values. Built only off the real-time path: an Error allocates.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace takt {

/// Who has to act: decides the exit status of the program (see cli/exit_status.h).
enum class Blame {
  environment,  // the host lacks something: exit status 1
  usage,        // the user asked for something that cannot be: exit status 2
};

/// One line for a person: what failed, where, and what to do about it.
struct Error {
  std::string text;
  Blame blame = Blame::environment;
};

template <class T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] std::unexpected<Error> usage_error(std::string text);
[[nodiscard]] std::unexpected<Error> env_error(std::string text);

/// `what` followed by the text of errno: "open /dev/kvm: Permission denied". Reads errno first.
[[nodiscard]] std::unexpected<Error> sys_error(std::string_view what);

/// Puts "context: " before an error's text and keeps its blame.
[[nodiscard]] std::unexpected<Error> in_context(std::string_view context, Error error);

/// Writes text and a line feed to stderr, as far as stderr takes it: that it is full or closed is
/// not an error of ours.
void say(std::string_view text) noexcept;
/// `text` with a '?' for each control character: words of the user's own stay on one line.
[[nodiscard]] std::string one_line(std::string text);

/// Prints message, file and line to stderr and aborts. For states that our own code makes
/// unreachable; never reachable by what a guest or a user does.
[[noreturn]] void bug(const char* message, const char* file, int line);

}  // namespace takt

#define VMM_BUG(message) ::takt::bug(message, __FILE__, __LINE__)

#define TAKT_CONCAT_(a, b) a##b
#define TAKT_CONCAT(a, b) TAKT_CONCAT_(a, b)

/// TRY(auto x, f()): x is the value of f(), or the function returns f()'s error.
#define TRY(decl, expr) TAKT_TRY_(TAKT_CONCAT(try_, __COUNTER__), decl, expr)
#define TAKT_TRY_(tmp, decl, expr)                          \
  auto tmp = (expr);                                        \
  if (!tmp) return std::unexpected(std::move(tmp.error())); \
  decl = std::move(*tmp)

/// TRY_VOID(f()): returns f()'s error, if any.
#define TRY_VOID(expr)                                                                             \
  do {                                                                                             \
    if (auto try_void_ = (expr); !try_void_) return std::unexpected(std::move(try_void_.error())); \
  } while (false)
