// SPDX-License-Identifier: Apache-2.0
// A flattened device tree (Devicetree Specification v0.4, 5) written front to back by libfdt. The
// first error is kept and everything after it ignored, so that the code that describes a machine
// reads like the tree. Strings with a zero byte inside are errors: a guest would see only a part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "boot/placement.h"

namespace takt {

/// Numbers that nodes are referred to by: a property `phandle`.
enum class Phandle : std::uint32_t {};

class FdtWriter {
 public:
  /// A node that is open as long as the object lives.
  class Node {
   public:
    explicit Node(FdtWriter& fdt) : fdt_{fdt} {}
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    ~Node();

   private:
    FdtWriter& fdt_;
  };

  /// The tree, its strings and headers take at most `max_bytes`.
  explicit FdtWriter(std::size_t max_bytes);

  /// Opens a child of the node that was opened last: "psci"; "" is the root.
  [[nodiscard]] Node node(const std::string& name);
  /// A child with registers: "serial@9000000". No `reg`.
  [[nodiscard]] Node node(std::string_view name, std::uint64_t unit_address);

  // Properties, of the node that was opened last; before its children.
  void flag(const char* name);
  void u32(const char* name, std::uint32_t value) { cells(name, {value}); }
  void u64(const char* name, std::uint64_t value);
  void cells(const char* name, std::span<const std::uint32_t> values);
  void cells(const char* name, std::initializer_list<std::uint32_t> values) {
    cells(name, std::span{values.begin(), values.size()});
  }
  void bytes(const char* name, std::span<const std::byte> value);
  void text(const char* name, std::string_view value) { texts(name, {value}); }
  void texts(const char* name, std::initializer_list<std::string_view> values);
  void phandle(Phandle value) { u32("phandle", ref(value)); }
  /// `reg` for #address-cells and #size-cells of 2.
  void reg(std::span<const GpaRange> ranges);
  void reg(GpaRange range) { reg({&range, 1}); }

  /// A phandle as a cell.
  [[nodiscard]] static constexpr std::uint32_t ref(Phandle value) {
    return static_cast<std::uint32_t>(value);
  }

  /// The finished tree. All nodes are closed.
  [[nodiscard]] Result<std::vector<std::byte>> finish();

 private:
  /// Does `step`, a call of libfdt's that returns an error or 0, again with a larger buffer when
  /// that is what it lacks.
  template <class Step>
  void keep(Step step);
  [[nodiscard]] bool grow();

  std::size_t max_bytes_;
  std::vector<std::byte> buffer_;
  int error_ = 0;
  std::string bad_text_;  // the property with a zero byte in its text
};

}  // namespace takt
