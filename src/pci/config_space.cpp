// SPDX-License-Identifier: Apache-2.0
#include "pci/config_space.h"

#include "base/bits.h"

namespace takt::pci {

void ConfigSpace::define8(std::uint8_t offset, std::uint8_t value, std::uint8_t writable) {
  const std::size_t word = offset / 4u;
  const unsigned shift = offset % 4u * 8;
  const std::uint32_t mask = 0xffu << shift;
  word_[word] = (word_[word] & ~mask) | std::uint32_t{value} << shift;
  writable_[word] = (writable_[word] & ~mask) | std::uint32_t{writable} << shift;
}

void ConfigSpace::define16(std::uint8_t offset, std::uint16_t value, std::uint16_t writable) {
  for (unsigned i = 0; i < 2; ++i)
    define8(static_cast<std::uint8_t>(offset + i), static_cast<std::uint8_t>(value >> (8 * i)),
            static_cast<std::uint8_t>(writable >> (8 * i)));
}

void ConfigSpace::define32(std::uint8_t offset, std::uint32_t value, std::uint32_t writable) {
  for (unsigned i = 0; i < 4; ++i)
    define8(static_cast<std::uint8_t>(offset + i), static_cast<std::uint8_t>(value >> (8 * i)),
            static_cast<std::uint8_t>(writable >> (8 * i)));
}

std::uint8_t ConfigSpace::read8(std::uint64_t offset) const RT {
  if (offset >= bytes) return 0xff;
  return static_cast<std::uint8_t>(word_[offset / 4].load(std::memory_order_relaxed) >>
                                   (offset % 4 * 8));
}

std::uint32_t ConfigSpace::read(std::uint64_t offset, Width width) const RT {
  const std::uint64_t n = takt::bytes(width);
  if (offset < bytes && offset % 4 + n <= 4)  // one word, as all sane accesses are
    return static_cast<std::uint32_t>(
        (word_[offset / 4].load(std::memory_order_relaxed) >> (offset % 4 * 8)) &
        width_mask(width));
  std::uint32_t value = 0;
  for (std::uint64_t i = 0; i < n && i < 4; ++i)
    value |= std::uint32_t{read8(offset + i)} << (8 * i);
  return value;
}

void ConfigSpace::write_word(std::size_t word, std::uint32_t mask, std::uint32_t value) RT {
  const std::uint32_t changes = mask & writable_[word];
  std::uint32_t old = word_[word].load(std::memory_order_relaxed);
  while (!word_[word].compare_exchange_weak(old, (old & ~changes) | (value & changes),
                                            std::memory_order_seq_cst))
    continue;  // the function has changed one of its own bits
}

void ConfigSpace::write(std::uint64_t offset, Width width, std::uint32_t value) RT {
  const std::uint64_t n = takt::bytes(width);
  if (offset < bytes && offset % 4 + n <= 4) {
    const auto shift = static_cast<unsigned>(offset % 4 * 8);
    const auto mask = static_cast<std::uint32_t>(width_mask(width)) << shift;
    return write_word(offset / 4, mask, value << shift);
  }
  for (std::uint64_t i = 0; i < n && i < 4 && offset + i < bytes; ++i) {
    const auto shift = static_cast<unsigned>((offset + i) % 4 * 8);
    write_word((offset + i) / 4, 0xffu << shift, ((value >> (8 * i)) & 0xff) << shift);
  }
}

void ConfigSpace::assign16(std::uint8_t offset, std::uint16_t mask, bool set) RT {
  const std::uint32_t bits = std::uint32_t{mask} << (offset % 4u * 8);
  if (set)
    word_[offset / 4u].fetch_or(bits, std::memory_order_seq_cst);
  else
    word_[offset / 4u].fetch_and(~bits, std::memory_order_seq_cst);
}

}  // namespace takt::pci
