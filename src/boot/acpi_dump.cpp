// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <span>

#include "base/fd.h"
#include "boot/acpi_tables.h"

namespace takt {
namespace {

std::string path_of(const AcpiTable& table, const std::string& directory) {
  std::string path = directory + "/";
  for (const char c : table.name) path += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return path + ".dat";
}

/// Removes the files of a dump that did not get to its end.
class Undo {
 public:
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo() {
    for (const std::string& path : paths_) ::unlink(path.c_str());
  }
  void add(std::string path) { paths_.push_back(std::move(path)); }
  void cancel() { paths_.clear(); }

 private:
  std::vector<std::string> paths_;
};

Result<> dump_table(const AcpiTable& table, const std::string& path, Undo& undo) {
  TRY(const Fd file, open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0644));
  undo.add(path);
  return write_all(file, table.bytes);
}

}  // namespace

Result<> dump_acpi(const AcpiImage& image, const std::string& directory) {
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
    return in_context("dump ACPI tables", sys_error("create directory " + directory).error());
  Undo undo;
  // Without the RSDP: it is no table, and iasl -d refuses even one that iasl made.
  for (const AcpiTable& table : std::span{image.tables}.subspan(1))
    if (auto done = dump_table(table, path_of(table, directory), undo); !done)
      return in_context("dump ACPI tables", std::move(done.error()));
  undo.cancel();
  return {};
}

}  // namespace takt
