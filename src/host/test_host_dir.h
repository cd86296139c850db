// SPDX-License-Identifier: Apache-2.0
// A host for tests: a directory with the files that are looked at.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace takt {

class TestHostDir {
 public:
  TestHostDir() {
    // In memory where there is such a place: these are many small files.
    const std::filesystem::path memory = "/dev/shm";
    const bool fast = ::access(memory.c_str(), W_OK) == 0;
    std::string name =
        (fast ? memory : std::filesystem::temp_directory_path()) / "takt-host-XXXXXX";
    if (::mkdtemp(name.data()) != nullptr) root_ = name;
  }
  TestHostDir(const TestHostDir&) = delete;
  TestHostDir& operator=(const TestHostDir&) = delete;
  ~TestHostDir() { std::filesystem::remove_all(root_); }

  void has(const std::string& file, std::string_view content) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream{root_ / file, std::ios::binary} << content;
  }
  void lacks(const std::string& file) const { std::filesystem::remove_all(root_ / file); }
  [[nodiscard]] const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

}  // namespace takt
