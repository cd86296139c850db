// SPDX-License-Identifier: Apache-2.0
// A disk image for tests, on a real file system where there is one: memory has no O_DIRECT on many
// kernels.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace takt {

class TestDisk {
 public:
  explicit TestDisk(std::uint64_t bytes,
                    const std::filesystem::path& dir = std::filesystem::temp_directory_path()) {
    std::string name = dir / "takt-disk-XXXXXX";
    const int fd = ::mkstemp(name.data());
    if (fd >= 0) ::close(fd);
    path_ = name;
    std::filesystem::resize_file(path_, bytes);
  }
  TestDisk(const TestDisk&) = delete;
  TestDisk& operator=(const TestDisk&) = delete;
  ~TestDisk() { std::filesystem::remove(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }
  void resize(std::uint64_t bytes) const { std::filesystem::resize_file(path_, bytes); }
  [[nodiscard]] std::vector<std::uint8_t> content() const {
    std::vector<std::uint8_t> all(std::filesystem::file_size(path_));
    std::ifstream{path_, std::ios::binary}.read(reinterpret_cast<char*>(all.data()),
                                                static_cast<std::streamsize>(all.size()));
    return all;
  }

 private:
  std::string path_;
};

}  // namespace takt
