// SPDX-License-Identifier: Apache-2.0
#include "vm/bundle_store.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <span>

#include "base/fd.h"

namespace takt {
namespace {

/// A file name out of whatever the VM is called.
std::string file_name(std::string_view vm) {
  std::string name{vm.substr(0, 64)};
  std::ranges::replace_if(
      name, [](unsigned char c) { return c <= ' ' || c == '/' || c > '~'; }, '_');
  if (name.starts_with('.')) name.front() = '_';
  return name;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<std::string> default_bundle_directory() {
  if (const std::string state = variable("XDG_STATE_HOME"); state.starts_with('/'))
    return state + "/takt";
  if (::geteuid() == 0) return "/var/lib/takt";
  if (const std::string home = variable("HOME"); home.starts_with('/'))
    return home + "/.local/state/takt";
  return usage_error("budget: where do bundles go? HOME is not set; give bundles=DIR");
}

Result<BundleStore> BundleStore::open(std::string directory, std::string_view vm) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return usage_error(fmt::format("budget: bundles={}: {}", directory, error.message()));
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    return usage_error(
        fmt::format("budget: bundles={}: nothing can be written there; give another", directory));
  const std::string started = fmt::format("{:%Y%m%dT%H%M%S}", fmt::gmtime(std::time(nullptr)));
  return BundleStore{std::move(directory),
                     fmt::format("{}-{}-{}", file_name(vm), started, ::getpid())};
}

bool BundleStore::has_room(std::uint64_t now_ns) const {
  return written_ < most && (written_ == 0 || now_ns - last_ns_ >= least_gap_ns);
}

Result<std::string> BundleStore::write(std::uint64_t now_ns, std::string_view json) {
  last_ns_ = now_ns;
  const std::string path = fmt::format("{}/{}-{:02}.json", directory_, prefix_, ++written_);
  const std::string part = path + ".part";
  TRY(const Fd fd, open_file(part, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  TRY_VOID(write_all(fd, std::as_bytes(std::span{json})));
  if (::rename(part.c_str(), path.c_str()) != 0) return sys_error("rename " + part);
  return path;
}

}  // namespace takt
