// SPDX-License-Identifier: Apache-2.0
// A host for tests: a directory with the files that are looked at.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace takt {

class TestHostDir {
 public:
  TestHostDir() {
    std::string name = (std::filesystem::temp_directory_path() / "takt-host-XXXXXX").string();
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
