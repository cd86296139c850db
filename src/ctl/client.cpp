// SPDX-License-Identifier: Apache-2.0
#include "ctl/client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>

#include "base/units.h"
#include "ctl/socket.h"

namespace takt::ctl {
namespace {

constexpr std::size_t most_bytes = 16_MiB;  // of a reply

Result<std::string> read_to_end(const Fd& fd) {
  std::string text;
  std::array<char, 16384> piece;
  while (text.size() < most_bytes) {
    const ssize_t n = ::read(fd.raw(), piece.data(), piece.size());
    if (n == 0) return text;
    if (n < 0 && errno != EINTR) return sys_error("the VM does not answer");
    if (n > 0) text.append(piece.data(), static_cast<std::size_t>(n));
  }
  return env_error("the VM's answer is too long");
}

std::unexpected<Error> not_there(std::string_view name) {
  const auto directory = socket_directory();
  const auto names = directory ? running_vms(*directory) : std::vector<std::string>{};
  return usage_error(
      names.empty()
          ? fmt::format("{}: no VM of that name, and no other, has a control socket", name)
          : fmt::format("{}: no VM of that name is running; there are {}", name,
                        fmt::join(names, ", ")));
}

/// Nothing is there, or a socket that nobody keeps us from and nobody listens on.
bool is_dead(const std::string& path) {
  return ::access(path.c_str(), R_OK | W_OK) == 0 || errno == ENOENT;
}

Result<Reply> exchange(const Fd& fd, std::string_view method, std::string_view target) {
  const std::string text = fmt::format("{} {} HTTP/1.0\r\nHost: takt\r\n\r\n", method, target);
  TRY_VOID(write_all(fd, std::as_bytes(std::span{text})));
  TRY(const std::string answer, read_to_end(fd));
  if (auto reply = parse_reply(answer)) return std::move(*reply);
  return env_error("what answers there is no takt");
}

}  // namespace

std::optional<Reply> parse_reply(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  constexpr std::size_t status_at = std::string_view{"HTTP/1.x "}.size();
  if (!text.starts_with("HTTP/1.") || end == std::string_view::npos || end < status_at + 3)
    return std::nullopt;
  Reply reply{.status = 0, .body = std::string{text.substr(end + 4)}};
  const char* digits = text.data() + status_at;
  const auto [stopped, error] = std::from_chars(digits, digits + 3, reply.status);
  if (error != std::errc{} || stopped != digits + 3) return std::nullopt;
  return reply;
}

std::string error_of(const Reply& reply) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  if (json.is_object() && json.contains("error") && json["error"].is_string())
    return one_line(json["error"].get<std::string>());
  return fmt::format("status {}", reply.status);
}

Result<std::string> path_of(std::string_view name) {
  if (name.find('/') != std::string_view::npos) return std::string{name};
  TRY(const std::string directory, socket_directory());
  return fmt::format("{}/{}.sock", directory, name);
}

Result<std::string> request(std::string_view name, std::string_view method,
                            std::string_view target) {
  TRY(const std::string path, path_of(name));
  auto fd = connect_to(path);
  if (!fd && is_dead(path)) return not_there(name);
  if (!fd) return std::unexpected(std::move(fd.error()));
  auto reply = exchange(*fd, method, target);
  if (!reply) return in_context(name, std::move(reply.error()));
  if (!reply->is_good()) return env_error(fmt::format("{}: {}", name, error_of(*reply)));
  return std::move(reply->body);
}

}  // namespace takt::ctl
