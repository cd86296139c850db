// SPDX-License-Identifier: Apache-2.0
#include "check/record.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <map>
#include <set>
#include <span>

#include "base/fd.h"
#include "check/delivery.h"
#include "check/kernel_config.h"
#include "check/topic.h"

namespace takt::check {
namespace {

/// In directories that are empty: archives and git know no empty ones. HostFiles passes over names
/// that start so.
constexpr std::string_view kept = ".kept";

struct Piece {
  std::uint64_t offset = 0;
  std::string content;
};

/// What the rows read, by file.
struct Seen {
  std::map<std::string, Piece, std::less<>> files;
  std::map<std::string, std::string, std::less<>> errors;
  std::set<std::string, std::less<>> names;
};

void read_everything(Host& host, Seen& seen) {
  const HostFiles::Observer observer{
      .on_read =
          [&](std::string_view file, std::uint64_t offset, const Result<std::string>& text) {
            if (text)
              seen.files.insert_or_assign(std::string{file}, Piece{offset, *text});
            else
              seen.errors.insert_or_assign(std::string{file}, text.error().text);
          },
      .on_name = [&](std::string_view file) { seen.names.emplace(file); }};
  host.files.observe(&observer);
  // Once as it is, once as if each CPU were to be real-time: then the rows look at all of them.
  if (auto target = target_of(host, {})) {
    static_cast<void>(all_rows(host, *target));
    target->cpus = online_cpus(host.files);
    target->set_aside = true;
    static_cast<void>(all_rows(host, *target));
  }
  static_cast<void>(delivery_matrix(host));
  host.files.observe(nullptr);
}

Result<> write_file(const std::filesystem::path& path, const Piece& piece) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  TRY(const Fd fd, open_file(path.string(), O_WRONLY | O_CREAT | O_EXCL, 0644));
  if (::lseek(fd.raw(), static_cast<off_t>(piece.offset), SEEK_SET) < 0) return sys_error("seek");
  return write_all(fd, std::as_bytes(std::span{piece.content}));
}

/// /proc/config.gz becomes the text that it holds, where text is looked for first.
void replace_packed_config(const Host& host, Seen& seen) {
  if (seen.files.erase("proc/config.gz") == 0) return;
  const auto release = host.files.line("proc/sys/kernel/osrelease");
  const auto config = KernelConfig::read(host.files);
  if (!release || !config) return;
  seen.files[fmt::format("boot/config-{}", *release)] = {0, std::string{config->text()}};
}

/// Names that were seen and not read: a directory stays one, anything else becomes an empty file.
Result<std::size_t> write_names(const std::filesystem::path& directory, const Seen& seen,
                                const std::filesystem::path& root) {
  std::size_t count = 0;
  std::error_code ignored;
  for (const auto& name : seen.names) {
    const auto path = directory / scrubbed_name(name);
    const bool of_proc = name.starts_with("proc/") && name.find('/', 5) == std::string::npos;
    if (seen.errors.contains(name) || std::filesystem::exists(path, ignored)) continue;
    if (std::filesystem::is_directory(root / name, ignored)) {
      if (!of_proc) TRY_VOID(write_file(path / kept, {}));
    } else if (!of_proc) {
      TRY_VOID(write_file(path, {}));
      ++count;
    }
  }
  return count;
}

Result<> prepare(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return env_error(fmt::format("record: {}: {}", directory.string(), error.message()));
  if (!std::filesystem::is_empty(directory, error))
    return usage_error(fmt::format("record: {} is not empty", directory.string()));
  return {};
}

/// A reason begins with its file: "/sys/x: Permission denied".
std::string scrubbed_reason(std::string_view file, std::string_view reason) {
  const std::size_t at = reason.find(file);
  if (at == std::string_view::npos) return without_identities(reason);
  return fmt::format("{}{}{}", reason.substr(0, at), scrubbed_name(file),
                     reason.substr(at + file.size()));
}

std::string unreadable(const Seen& seen) {
  std::string text;
  for (const auto& [file, reason] : seen.errors)
    if (!reason.ends_with("No such file or directory"))
      text += fmt::format("{}\t{}\n", scrubbed_name(file), scrubbed_reason(file, reason));
  return text;
}

/// What is not a file of the host's.
void add_own(const Host& host, Seen& seen) {
  const auto add = [&](std::string_view file, std::string text) {
    seen.files.insert_or_assign(std::string{file}, Piece{0, std::move(text)});
  };
  add(recording::machine, host.machine + "\n");
  add(recording::kvm, kvm::to_text(host.kvm));
  add(recording::cpuid, cpuid_text(host.cpuid));
  add(recording::unreadable, unreadable(seen));
  if (host.kernel_log) add(recording::kernel_log, without_identities(*host.kernel_log));
}

}  // namespace

Result<std::size_t> record(Host host, const std::filesystem::path& directory) {
  TRY_VOID(prepare(directory));
  Seen seen;
  read_everything(host, seen);
  replace_packed_config(host, seen);
  for (auto& [file, piece] : seen.files) piece.content = scrubbed(file, piece.content);
  add_own(host, seen);
  std::size_t count = 0;
  for (const auto& [file, piece] : seen.files) {
    const auto path = directory / scrubbed_name(file);
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) continue;  // two groups are now one
    TRY_VOID(write_file(path, piece));
    ++count;
  }
  TRY(const std::size_t names, write_names(directory, seen, host.files.root()));
  return count + names;
}

}  // namespace takt::check
