// SPDX-License-Identifier: Apache-2.0
#include "host/resctrl.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace takt {
namespace {

constexpr std::string_view where = "sys/fs/resctrl";

Result<> check_mounted(const HostFiles& host) {
  if (host.exists(fmt::format("{}/schemata", where))) return {};
  if (host.exists(where))
    return env_error(
        "resctrl: /sys/fs/resctrl is not mounted (mount -t resctrl resctrl /sys/fs/resctrl)");
  return env_error(
      "resctrl: this kernel on this CPU has no /sys/fs/resctrl (it needs a CPU with cache or "
      "bandwidth allocation and CONFIG_X86_CPU_RESCTRL or CONFIG_ARM64_MPAM; then: mount -t "
      "resctrl "
      "resctrl /sys/fs/resctrl)");
}

/// errno, and what the kernel adds about its last refusal.
std::unexpected<Error> refused(const std::filesystem::path& root, std::string_view step) {
  auto error = sys_error(fmt::format("resctrl: {}", step));
  const auto status = HostFiles{root}.line("info/last_cmd_status");
  if (status && !status->empty() && *status != "ok")
    error.error().text += fmt::format(" (the kernel says: {})", *status);
  return error;
}

/// The directory, open and locked: the lock goes with its owner, whatever way that ends.
Result<Fd> lock_group(const std::filesystem::path& root, const std::filesystem::path& group) {
  Fd fd{::open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd) return refused(root, fmt::format("open {}", group.string()));
  if (::flock(fd.raw(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno == EWOULDBLOCK)
    return env_error(fmt::format(
        "resctrl: {} belongs to a VM of this name that runs (give this one another --name)",
        group.string()));
  return refused(root, fmt::format("lock {}", group.string()));
}

}  // namespace

Result<ResctrlGroup> ResctrlGroup::create(std::string_view name,
                                          const std::vector<std::string>& schemata,
                                          const HostFiles& host) {
  TRY_VOID(check_mounted(host));
  const std::filesystem::path root = host.root() / where;
  const std::filesystem::path path = root / name;
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
    return refused(root, fmt::format("make group {}", path.string()));
  TRY(Fd lock, lock_group(root, path));
  ResctrlGroup group{root, path, std::move(lock)};
  for (const std::string& line : schemata)  // one line, one write: the refusal is about this line
    if (auto written = group.write("schemata", line); !written)
      return std::unexpected(std::move(written.error()));
  return group;
}

ResctrlGroup::ResctrlGroup(ResctrlGroup&& other) noexcept
    : root_{std::move(other.root_)},
      group_{std::exchange(other.group_, {})},
      lock_{std::move(other.lock_)} {}

ResctrlGroup::~ResctrlGroup() {
  if (!group_.empty()) ::rmdir(group_.c_str());
}

Result<> ResctrlGroup::write(std::string_view file, std::string_view text) const {
  const Fd fd{::open((group_ / file).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)};
  const std::string line = fmt::format("{}\n", text);
  if (!fd || ::write(fd.raw(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return refused(root_, fmt::format("write '{}' to {}", text, (group_ / file).string()));
  return {};
}

Result<> ResctrlGroup::add_thread(pid_t tid) const {
  return write("tasks", fmt::format("{}", tid));
}

}  // namespace takt
