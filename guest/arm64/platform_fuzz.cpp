// SPDX-License-Identifier: Apache-2.0
// The device tree's parser and what is made of it, on blobs that are, or once were, a tree.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "arm64/platform.h"
#include "arm64/test_board.h"

namespace {

using namespace probe;

std::vector<std::uint8_t> sound_tree() {
  arm64::test::DeviceTreeBuilder b;
  arm64::test::add_board(b);
  const Bytes blob = b.blob();
  return {blob.begin(), blob.end()};
}

void require(bool condition) {
  if (!condition) std::abort();
}

bool inside(std::string_view text, Bytes blob) {
  const auto* const begin = reinterpret_cast<const std::uint8_t*>(text.data());
  return text.empty() ||
         (begin >= blob.data() && text.size() <= blob.size() &&
          static_cast<std::size_t>(begin - blob.data()) <= blob.size() - text.size());
}

/// A copy of exactly the blob's size, so that the sanitizer sees each byte beyond it.
void read(Bytes bytes) {
  const std::vector<std::uint8_t> copy{bytes.begin(), bytes.end()};
  const auto tree = DeviceTree::open(copy);
  if (!tree) return;
  for (NodeWalk node{*tree}; node.next();) {
    require(node.depth() < NodeWalk::max_depth && inside(node.name(), copy));
  }
  const arm64::Platform p = arm64::read_platform(*tree, 0);
  require(inside(p.command_line, copy));
}

/// Overwrites the tree with triples: offset (2 bytes), value.
std::vector<std::uint8_t> patched(std::vector<std::uint8_t> tree, Bytes patches) {
  for (; patches.size() >= 3; patches = patches.subspan(3)) {
    tree[(patches[0] | std::size_t{patches[1]} << 8) % tree.size()] = patches[2];
  }
  return tree;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::uint8_t> tree = sound_tree();
  const Bytes input{data, size};
  read(input);
  read(patched(tree, input));
  return 0;
}
