// SPDX-License-Identifier: Apache-2.0
// The host's /proc, /sys, /dev and /boot, read through one door: every read is bounded, never
// blocks, and copes with a file that is missing, forbidden, binary, endless or changing. Set-up
// only. `root` is the directory that they are in: a test, or a recorded host, gives another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cpu_list.h"
#include "base/result.h"
#include "base/units.h"

namespace takt {

class HostFiles {
 public:
  static constexpr std::size_t most_bytes = 64_KiB;
  static constexpr std::size_t most_names = 8192;  // in a directory

  // Implicit: whoever has a root has its files.
  HostFiles(std::filesystem::path root = "/") : root_{std::move(root)} {}  // NOLINT

  /// The first `most` bytes of `file`, which has no leading slash ("proc/cmdline"). The error says
  /// why without the root, "proc/x: Permission denied": it is what a report shows.
  [[nodiscard]] Result<std::string> read(std::string_view file,
                                         std::size_t most = most_bytes) const;
  /// `bytes` bytes of a file at an offset, for binary ones; less is an error.
  [[nodiscard]] Result<std::string> read_at(std::string_view file, std::uint64_t offset,
                                            std::size_t bytes) const;
  /// The first line, without blanks at its ends.
  [[nodiscard]] Result<std::string> line(std::string_view file) const;
  /// The first word as a decimal number; an error if it is none.
  [[nodiscard]] Result<std::int64_t> number(std::string_view file) const;
  /// "0,2-3"; nothing and "(null)" are the empty list.
  [[nodiscard]] Result<CpuList> cpus(std::string_view file) const;
  /// "00000000,0000000f", the notation of affinity masks.
  [[nodiscard]] Result<CpuList> cpu_mask(std::string_view file) const;
  /// The names in a directory that start with `start`, sorted; at most most_names.
  [[nodiscard]] Result<std::vector<std::string>> list(std::string_view directory,
                                                      std::string_view start = "") const;
  [[nodiscard]] bool exists(std::string_view file) const;

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

  /// What has been read, for a recorder. `offset` is 0 but for read_at().
  struct Observer {
    std::function<void(std::string_view file, std::uint64_t offset, const Result<std::string>&)>
        on_read;
    std::function<void(std::string_view file)> on_name;  // listed, or found to exist
  };
  /// `observer` outlives this object; null ends it.
  void observe(const Observer* observer) { observer_ = observer; }
  /// Instead of "not there": why a file could not be read when the host was recorded.
  void set_known_errors(std::vector<std::pair<std::string, std::string>> errors) {
    known_errors_ = std::move(errors);
  }

 private:
  [[nodiscard]] std::filesystem::path at(std::string_view file) const { return root_ / file; }
  [[nodiscard]] std::unexpected<Error> error(std::string_view file, int number) const;
  [[nodiscard]] Result<std::string> read_some(std::string_view file, std::uint64_t offset,
                                              std::size_t most) const;

  std::filesystem::path root_;
  const Observer* observer_ = nullptr;
  std::vector<std::pair<std::string, std::string>> known_errors_;  // sorted by file
};

/// The bound for /proc/interrupts, which has a column for each CPU.
inline constexpr std::size_t interrupts_bytes = 4_MiB;

/// A decimal number and nothing else.
[[nodiscard]] std::optional<std::int64_t> parse_number(std::string_view text);
/// Without blanks, line ends and NULs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

}  // namespace takt
