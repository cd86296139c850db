// SPDX-License-Identifier: Apache-2.0
#include "boot/fdt_writer.h"

#include <fmt/format.h>
#include <libfdt.h>

#include <algorithm>
#include <concepts>

namespace takt {
namespace {

/// `value` in big-endian order, as everything in a flattened tree.
template <std::unsigned_integral T>
void append(std::vector<std::byte>& to, T value) {
  for (int shift = (static_cast<int>(sizeof value) - 1) * 8; shift >= 0; shift -= 8)
    to.push_back(static_cast<std::byte>(value >> shift));
}

}  // namespace

template <class Step>
void FdtWriter::keep(Step step) {
  while (error_ == 0) {
    error_ = step();
    if (error_ != -FDT_ERR_NOSPACE || !grow()) return;
    error_ = 0;
  }
}

/// Doubles the buffer, up to the limit.
bool FdtWriter::grow() {
  if (buffer_.size() == max_bytes_) return false;
  std::vector<std::byte> larger(std::min(buffer_.size() * 2, max_bytes_));
  if (::fdt_resize(buffer_.data(), larger.data(), static_cast<int>(larger.size())) != 0)
    return false;
  buffer_ = std::move(larger);
  return true;
}

FdtWriter::FdtWriter(std::size_t max_bytes)
    : max_bytes_{max_bytes}, buffer_(std::min<std::size_t>(max_bytes, 8_KiB)) {
  keep([&] { return ::fdt_create(buffer_.data(), static_cast<int>(buffer_.size())); });
  keep([&] { return ::fdt_finish_reservemap(buffer_.data()); });
}

FdtWriter::Node::~Node() {
  fdt_.keep([&] { return ::fdt_end_node(fdt_.buffer_.data()); });
}

FdtWriter::Node FdtWriter::node(const std::string& name) {
  keep([&] { return ::fdt_begin_node(buffer_.data(), name.c_str()); });
  return Node{*this};
}

FdtWriter::Node FdtWriter::node(std::string_view name, std::uint64_t unit_address) {
  return node(fmt::format("{}@{:x}", name, unit_address));
}

void FdtWriter::flag(const char* name) { bytes(name, {}); }

void FdtWriter::bytes(const char* name, std::span<const std::byte> value) {
  keep([&] {
    if (value.size() > max_bytes_) return -FDT_ERR_NOSPACE;
    return ::fdt_property(buffer_.data(), name, value.data(), static_cast<int>(value.size()));
  });
}

void FdtWriter::u64(const char* name, std::uint64_t value) {
  std::vector<std::byte> out;
  append(out, value);
  bytes(name, out);
}

void FdtWriter::cells(const char* name, std::span<const std::uint32_t> values) {
  std::vector<std::byte> out;
  for (const std::uint32_t value : values) append(out, value);
  bytes(name, out);
}

void FdtWriter::texts(const char* name, std::initializer_list<std::string_view> values) {
  std::vector<std::byte> out;
  for (const std::string_view value : values) {
    if (value.find('\0') != value.npos && bad_text_.empty()) bad_text_ = name;
    const auto chars = std::as_bytes(std::span{value});
    out.insert(out.end(), chars.begin(), chars.end());
    out.push_back(std::byte{0});
  }
  bytes(name, out);
}

void FdtWriter::reg(std::span<const GpaRange> ranges) {
  std::vector<std::byte> out;
  for (const GpaRange& range : ranges) {
    append(out, range.start.raw());
    append(out, range.size);
  }
  bytes("reg", out);
}

Result<std::vector<std::byte>> FdtWriter::finish() {
  keep([&] { return ::fdt_finish(buffer_.data()); });
  if (!bad_text_.empty())
    return usage_error(
        fmt::format("the device tree's {} would have a zero byte in it; remove it", bad_text_));
  if (error_ == -FDT_ERR_NOSPACE)
    return usage_error(
        fmt::format("the device tree takes more than {}; use fewer vCPUs or a shorter command line",
                    size_text(max_bytes_)));
  if (error_ != 0) VMM_BUG(::fdt_strerror(error_));
  const void* const tree = buffer_.data();
  buffer_.resize(fdt_totalsize(tree));
  return std::move(buffer_);
}

}  // namespace takt
