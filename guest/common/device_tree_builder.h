// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "common/device_tree.h"

/// For tests: writes small flattened device trees, sound ones unless asked otherwise.
namespace probe::test {

class DeviceTreeBuilder {
 public:
  DeviceTreeBuilder& begin(std::string_view name) {
    cell(1);
    text_of(name);
    return align();
  }
  DeviceTreeBuilder& end() { return cell(2); }
  DeviceTreeBuilder& nop() { return cell(4); }

  DeviceTreeBuilder& cells(std::string_view name, std::initializer_list<std::uint32_t> values) {
    property(name, values.size() * 4);
    for (const std::uint32_t v : values) cell(v);
    return *this;
  }
  DeviceTreeBuilder& texts(std::string_view name, std::initializer_list<std::string_view> values) {
    std::size_t bytes = 0;
    for (const std::string_view v : values) bytes += v.size() + 1;
    property(name, bytes);
    for (const std::string_view v : values) text_of(v);
    return align();
  }
  DeviceTreeBuilder& text(std::string_view name, std::string_view value) {
    return texts(name, {value});
  }
  DeviceTreeBuilder& flag(std::string_view name) { return property(name, 0); }
  /// The header of a property whose value does not follow.
  DeviceTreeBuilder& property(std::string_view name, std::size_t bytes) {
    return cell(3).cell(static_cast<std::uint32_t>(bytes)).cell(name_offset(name));
  }

  /// Header, structure, strings. Good until this is changed or gone.
  Bytes blob() {
    cell(9);
    const std::size_t strings_at = header_bytes + structure_bytes_;
    const std::size_t total = strings_at + strings_bytes_;
    std::copy_n(structure_.begin(), structure_bytes_, blob_.begin() + header_bytes);
    std::copy_n(strings_.begin(), strings_bytes_, blob_.begin() + strings_at);
    header({0xd00d'feed, total, header_bytes, strings_at, header_bytes, 17, 16, 0, strings_bytes_,
            structure_bytes_});
    return Bytes{blob_}.first(total);
  }

 private:
  using Buffer = std::array<std::uint8_t, 8192>;
  static constexpr std::size_t header_bytes = 40;

  void header(std::initializer_list<std::size_t> fields) {
    std::size_t at = 0;
    for (const std::size_t v : fields) {
      for (unsigned shift = 32; shift != 0; shift -= 8) {
        blob_[at++] = static_cast<std::uint8_t>(v >> (shift - 8));
      }
    }
  }
  DeviceTreeBuilder& cell(std::uint32_t v) {
    for (unsigned shift = 32; shift != 0; shift -= 8)
      byte(static_cast<std::uint8_t>(v >> (shift - 8)));
    return *this;
  }
  void byte(std::uint8_t b) { structure_[structure_bytes_++] = b; }
  void text_of(std::string_view s) {
    for (const char c : s) byte(static_cast<std::uint8_t>(c));
    byte(0);
  }
  DeviceTreeBuilder& align() {
    while (structure_bytes_ % 4 != 0) byte(0);
    return *this;
  }
  std::uint32_t name_offset(std::string_view name) {
    const auto at = static_cast<std::uint32_t>(strings_bytes_);
    for (const char c : name) strings_[strings_bytes_++] = static_cast<std::uint8_t>(c);
    strings_[strings_bytes_++] = 0;
    return at;
  }

  Buffer structure_{};
  Buffer strings_{};
  std::array<std::uint8_t, 3 * 8192> blob_{};
  std::size_t structure_bytes_ = 0;
  std::size_t strings_bytes_ = 0;
};

}  // namespace probe::test
