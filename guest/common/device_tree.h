// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

/// Reads a flattened device tree (Devicetree Specification 0.4, chapter 5, version 17 of the
/// format) where it lies: allocates nothing, writes nothing, and takes no byte for granted.
/// Offsets, lengths and depth are checked against the blob; a damaged tree ends early or lacks what
/// is damaged. Not here: the memory reservation block, and `ranges` that move addresses.
namespace probe {

using Bytes = std::span<const std::uint8_t>;

/// An address space's part: [base, base + bytes).
struct Range {
  std::uint64_t base = 0;
  std::uint64_t bytes = 0;
};

/// Whether `list`, a property of strings, has `item`.
bool in_list(Bytes list, std::string_view item);

class DeviceTree {
 public:
  /// `blob` begins with the header; it may be longer than the tree. Empty if that is none.
  static std::optional<DeviceTree> open(Bytes blob);

 private:
  friend class NodeWalk;
  DeviceTree(Bytes structure, Bytes strings) : structure_{structure}, strings_{strings} {}

  Bytes structure_;
  Bytes strings_;
};

/// Stands on one node after the other, in the order of the tree; before the root at first.
class NodeWalk {
 public:
  explicit NodeWalk(const DeviceTree& tree) : tree_{tree} {}

  /// To the next node. False at the end, and where the tree is damaged or more than `max_depth`
  /// deep.
  bool next();

  // Of the node that it stands on.

  /// 0 for the root.
  std::size_t depth() const { return open_ - 1; }
  /// With the unit address.
  std::string_view name() const { return path_[open_ - 1].name; }
  /// Whether `path` leads here: "/soc/uart@9000000". A name in it may lack its unit address.
  bool is_at(std::string_view path) const;
  /// Whether the addresses in `reg` are the CPU's own: only buses that do not move them lie above.
  bool is_on_cpu_bus() const;

  /// Empty if the node has no such property, as opposed to one of no bytes.
  std::optional<Bytes> property(std::string_view name) const;
  /// The property's first string; empty if it is absent or none.
  std::string_view text(std::string_view name) const;
  /// `in_list` of the property, if it is there.
  bool lists(std::string_view name, std::string_view item) const;
  std::optional<std::uint32_t> cell(std::string_view name) const;
  /// Entry `index` of `reg`, by the parent's #address-cells (1 or 2) and #size-cells (0..2).
  std::optional<Range> reg(std::size_t index) const;
  /// No `status`, or "okay".
  bool is_enabled() const;

  static constexpr std::size_t max_depth = 16;

 private:
  struct Level {
    std::string_view name;
    std::uint32_t address_cells;  // for the children's `reg`
    std::uint32_t size_cells;
    bool moves_nothing;  // root, or `ranges` of no bytes
  };
  /// A token with what belongs to it, and where the next one is.
  struct Token {
    std::uint32_t kind = 0;
    std::string_view name;  // of a node or a property
    Bytes value;            // of a property
    std::size_t next = 0;
  };

  std::optional<Token> token(std::size_t at) const;
  std::optional<Token> node_token(std::size_t at) const;
  std::optional<Token> property_token(std::size_t at) const;
  bool enter(const Token& node);

  DeviceTree tree_;
  std::array<Level, max_depth> path_{};
  std::size_t open_ = 0;        // nodes from the root to here
  std::size_t properties_ = 0;  // offset of the node's first property
  std::size_t at_ = 0;          // offset of the next token to look at
};

}  // namespace probe
