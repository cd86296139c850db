// SPDX-License-Identifier: Apache-2.0
#include "ctl/socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace takt::ctl {
namespace {

constexpr std::string_view suffix = ".sock";

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return usage_error(fmt::format("control = '{}': a socket's path has at most {} bytes", path,
                                   sizeof address.sun_path - 1));
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* raw(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Result<Fd> unix_socket() {
  Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!fd) return sys_error("socket");
  return fd;
}

std::string directory_of(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  return parent.empty() ? "." : parent.string();
}

/// Whoever makes a socket in a directory holds this: two that start at once do not both take over.
Result<Fd> lock_directory(const std::string& directory) {
  TRY(Fd fd, open_file(directory, O_RDONLY | O_DIRECTORY));
  if (::flock(fd.raw(), LOCK_EX) != 0) return sys_error(fmt::format("lock {}", directory));
  return fd;
}

Result<> make_place(const std::string& path, const sockaddr_un& address) {
  struct stat there{};
  if (::lstat(path.c_str(), &there) != 0) return {};
  if (!S_ISSOCK(there.st_mode))
    return usage_error(fmt::format("control = '{}': is there already, and is no socket", path));
  TRY(const Fd probe, unix_socket());
  if (::connect(probe.raw(), raw(address), sizeof address) == 0)
    return usage_error(fmt::format(
        "control = '{}': a VM is running there (choose another --name or --control)", path));
  if (errno != ECONNREFUSED) return sys_error(fmt::format("control: connect to {}", path));
  if (::unlink(path.c_str()) != 0) return sys_error(fmt::format("control: remove {}", path));
  return {};
}

/// Whether a VM in the default place may make its directory.
Result<> make_default_directory(const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return sys_error(fmt::format("control: make directory {} (or --control none)", directory));
}

ino_t inode_of(const std::string& path) {
  struct stat there{};
  return ::lstat(path.c_str(), &there) == 0 ? there.st_ino : 0;
}

bool answers(const std::string& path) { return connect_to(path).has_value(); }

}  // namespace

Result<std::string> socket_directory() {
  if (::geteuid() == 0) return "/run/takt";
  const char* base = std::getenv("XDG_RUNTIME_DIR");
  if (base == nullptr || *base != '/')
    return env_error(
        "control: no place for the socket, XDG_RUNTIME_DIR is not set (try --control PATH, or "
        "none)");
  return std::string{base} + "/takt";
}

Result<std::optional<std::string>> socket_path(const VmConfig& config) {
  if (config.control) {
    if (*config.control == "none") return std::nullopt;
    return config.control;
  }
  if (!config.is_named) return std::nullopt;
  TRY(const std::string directory, socket_directory());
  TRY_VOID(make_default_directory(directory));
  return fmt::format("{}/{}{}", directory, config.name, suffix);
}

ListeningSocket::ListeningSocket(std::string path, Fd fd)
    : path_{std::move(path)}, fd_{std::move(fd)}, inode_{inode_of(path_)} {}

Result<ListeningSocket> ListeningSocket::create(const std::string& path) {
  TRY(const sockaddr_un address, address_of(path));
  auto lock = lock_directory(directory_of(path));
  if (!lock) return in_context("control", std::move(lock.error()));
  TRY_VOID(make_place(path, address));
  TRY(Fd fd, unix_socket());
  const mode_t before = ::umask(0177);
  const int bound = ::bind(fd.raw(), raw(address), sizeof address);
  const int error = errno;
  ::umask(before);
  errno = error;
  if (bound != 0 || ::listen(fd.raw(), 16) != 0)
    return sys_error(fmt::format("control: listen on {}", path));
  return ListeningSocket{path, std::move(fd)};
}

/// Not when somebody has put another one there.
ListeningSocket::~ListeningSocket() {
  if (fd_ && inode_of(path_) == inode_) ::unlink(path_.c_str());
}

Result<Fd> connect_to(const std::string& path) {
  TRY(const sockaddr_un address, address_of(path));
  TRY(Fd fd, unix_socket());
  constexpr timeval patience{.tv_sec = 10, .tv_usec = 0};  // a pause may take 5 s
  ::setsockopt(fd.raw(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.raw(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (::connect(fd.raw(), raw(address), sizeof address) != 0)
    return sys_error(fmt::format("connect to {}", path));
  return fd;
}

std::vector<std::string> running_vms(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(suffix) && answers(entry.path().string()))
      names.push_back(name.substr(0, name.size() - suffix.size()));
  }
  std::ranges::sort(names);
  return names;
}

}  // namespace takt::ctl
