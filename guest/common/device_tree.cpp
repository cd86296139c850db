// SPDX-License-Identifier: Apache-2.0
#include "common/device_tree.h"

#include "common/options.h"

namespace probe {
namespace {

constexpr std::uint32_t magic = 0xd00d'feed;
constexpr std::uint32_t version = 17;
constexpr std::size_t header_bytes = 40;

// 5.4.1, lexical structure.
constexpr std::uint32_t begin_node = 1;
constexpr std::uint32_t end_node = 2;
constexpr std::uint32_t prop = 3;
constexpr std::uint32_t nop = 4;

/// Big-endian, from 4 bytes.
std::uint32_t be32(Bytes b) {
  return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

std::optional<std::uint32_t> be32_at(Bytes b, std::size_t at) {
  if (at > b.size() || b.size() - at < 4) return std::nullopt;
  return be32(b.subspan(at, 4));
}

std::optional<Bytes> part(Bytes whole, std::size_t at, std::size_t bytes) {
  if (at > whole.size() || whole.size() - at < bytes) return std::nullopt;
  return whole.subspan(at, bytes);
}

/// Up to the first NUL; nothing if there is none.
std::optional<std::string_view> string_at(Bytes b, std::size_t at) {
  for (std::size_t end = at; end < b.size(); ++end) {
    if (b[end] != 0) continue;
    return std::string_view{reinterpret_cast<const char*>(b.data()) + at, end - at};
  }
  return std::nullopt;
}

constexpr std::size_t aligned(std::size_t offset) { return (offset + 3) & ~std::size_t{3}; }

/// Big-endian, from at most 8 bytes.
std::uint64_t number(Bytes b) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : b) value = value << 8 | byte;
  return value;
}

bool same_name(std::string_view wanted, std::string_view name) {
  return wanted == name || wanted == name.substr(0, name.find('@'));
}

}  // namespace

bool in_list(Bytes list, std::string_view item) {
  std::size_t at = 0;
  while (const auto entry = string_at(list, at)) {
    if (*entry == item) return true;
    at += entry->size() + 1;
  }
  return false;
}

std::optional<DeviceTree> DeviceTree::open(Bytes blob) {
  if (blob.size() < header_bytes || be32(blob) != magic) return std::nullopt;
  const auto field = [blob](std::size_t index) { return be32(blob.subspan(index * 4, 4)); };
  const auto whole = part(blob, 0, field(1));
  if (!whole || field(5) < version || field(6) > version) return std::nullopt;
  const auto structure = part(*whole, field(2), field(9));
  const auto strings = part(*whole, field(3), field(8));
  if (!structure || !strings) return std::nullopt;
  return DeviceTree{*structure, *strings};
}

std::optional<NodeWalk::Token> NodeWalk::node_token(std::size_t at) const {
  const auto name = string_at(tree_.structure_, at + 4);
  if (!name) return std::nullopt;
  return Token{begin_node, *name, {}, aligned(at + 4 + name->size() + 1)};
}

std::optional<NodeWalk::Token> NodeWalk::property_token(std::size_t at) const {
  const auto length = be32_at(tree_.structure_, at + 4);
  const auto name_at = be32_at(tree_.structure_, at + 8);
  if (!length || !name_at) return std::nullopt;
  const auto name = string_at(tree_.strings_, *name_at);
  const auto value = part(tree_.structure_, at + 12, *length);
  if (!name || !value) return std::nullopt;
  return Token{prop, *name, *value, aligned(at + 12 + *length)};
}

std::optional<NodeWalk::Token> NodeWalk::token(std::size_t at) const {
  const auto kind = be32_at(tree_.structure_, at);
  if (!kind) return std::nullopt;
  switch (*kind) {
    case begin_node: return node_token(at);
    case prop: return property_token(at);
    default: return Token{*kind, {}, {}, at + 4};
  }
}

/// Goes into the node, whose properties come before its children: the cells are known at once.
bool NodeWalk::enter(const Token& node) {
  if (open_ == max_depth) return false;
  properties_ = at_ = node.next;
  Level& here = path_[open_];
  here.name = node.name;
  here.moves_nothing = open_ == 0;
  ++open_;
  here.address_cells = cell("#address-cells").value_or(2);
  here.size_cells = cell("#size-cells").value_or(1);
  if (const auto ranges = property("ranges")) here.moves_nothing |= ranges->empty();
  return true;
}

bool NodeWalk::next() {
  while (const auto t = token(at_)) {
    at_ = t->next;
    if (t->kind == begin_node) return enter(*t);
    if (t->kind == prop || t->kind == nop) continue;
    if (t->kind != end_node || open_ <= 1) return false;
    --open_;
  }
  return false;
}

bool NodeWalk::is_at(std::string_view path) const {
  if (!path.starts_with('/')) return false;
  for (std::size_t i = 1; i < open_; ++i) {
    if (!same_name(take_item(path, '/'), path_[i].name)) return false;
  }
  return take_item(path, '/').empty();
}

bool NodeWalk::is_on_cpu_bus() const {
  for (std::size_t i = 0; i + 1 < open_; ++i) {
    if (!path_[i].moves_nothing) return false;
  }
  return true;
}

std::optional<Bytes> NodeWalk::property(std::string_view name) const {
  std::size_t at = properties_;
  for (auto t = token(at); t && (t->kind == prop || t->kind == nop); t = token(at)) {
    if (t->kind == prop && t->name == name) return t->value;
    at = t->next;
  }
  return std::nullopt;
}

std::string_view NodeWalk::text(std::string_view name) const {
  const auto value = property(name);
  return value ? string_at(*value, 0).value_or(std::string_view{}) : std::string_view{};
}

bool NodeWalk::lists(std::string_view name, std::string_view item) const {
  const auto value = property(name);
  return value && in_list(*value, item);
}

std::optional<std::uint32_t> NodeWalk::cell(std::string_view name) const {
  const auto value = property(name);
  return value && value->size() == 4 ? be32_at(*value, 0) : std::nullopt;
}

std::optional<Range> NodeWalk::reg(std::size_t index) const {
  const auto value = property("reg");
  if (!value || open_ < 2) return std::nullopt;
  const Level& parent = path_[open_ - 2];
  if (parent.address_cells < 1 || parent.address_cells > 2 || parent.size_cells > 2) {
    return std::nullopt;
  }
  const std::size_t address = parent.address_cells * 4, size = parent.size_cells * 4;
  if (value->size() / (address + size) <= index) return std::nullopt;
  const Bytes entry = value->subspan(index * (address + size), address + size);
  return Range{number(entry.first(address)), number(entry.subspan(address))};
}

bool NodeWalk::is_enabled() const {
  const auto status = property("status");
  return !status || lists("status", "okay") || lists("status", "ok");
}

}  // namespace probe
