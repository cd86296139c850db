// SPDX-License-Identifier: Apache-2.0
// What small kernels for tests and fuzzers are built of, field by field: bytes, and ELF files with
// notes and section headers.
#pragma once

#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace takt::test_images {

using Bytes = std::vector<std::byte>;

/// Puts `value` at `offset` and makes the file long enough.
template <class T>
void set(Bytes& file, std::size_t offset, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (file.size() < offset + sizeof value) file.resize(offset + sizeof value);
  std::memcpy(file.data() + offset, &value, sizeof value);
}

inline void append(Bytes& file, std::string_view text) {
  const auto bytes = std::as_bytes(std::span{text});
  file.insert(file.end(), bytes.begin(), bytes.end());
}

/// `n` bytes that differ from their neighbours and are never 0.
inline Bytes pattern(std::size_t n, unsigned seed = 1) {
  Bytes out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::byte>((i * 7 + seed) % 255 + 1);
  return out;
}

struct Segment {
  std::uint64_t vaddr = 0;
  std::uint64_t paddr = 0;
  Bytes data = {};
  std::uint64_t memory_bytes = 0;  // 0: as many as data has
  std::uint32_t type = PT_LOAD;
};

/// Class-dependent types, so that one builder makes both.
struct Elf32 {
  using Ehdr = Elf32_Ehdr;
  using Phdr = Elf32_Phdr;
  using Shdr = Elf32_Shdr;
  static constexpr unsigned char file_class = ELFCLASS32;
  static constexpr Elf32_Half machine = EM_386;
};
struct Elf64 {
  using Ehdr = Elf64_Ehdr;
  using Phdr = Elf64_Phdr;
  using Shdr = Elf64_Shdr;
  static constexpr unsigned char file_class = ELFCLASS64;
  static constexpr Elf64_Half machine = EM_X86_64;
};
struct ElfArm64 : Elf64 {
  static constexpr Elf64_Half machine = EM_AARCH64;
};

/// Header, program headers, segments in order, then a section header table of two entries.
template <class Class>
Bytes elf(std::uint64_t entry, std::span<const Segment> segments) {
  using Word = decltype(Class::Ehdr::e_entry);
  typename Class::Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = Class::file_class;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = Class::machine;
  header.e_version = EV_CURRENT;
  header.e_entry = static_cast<Word>(entry);
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(typename Class::Phdr);
  header.e_phnum = static_cast<Elf64_Half>(segments.size());
  header.e_shentsize = sizeof(typename Class::Shdr);
  header.e_shnum = 2;

  Bytes file(sizeof header + segments.size() * sizeof(typename Class::Phdr));
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const Segment& s = segments[i];
    file.resize((file.size() + 15) / 16 * 16);
    typename Class::Phdr p{};
    p.p_type = s.type;
    p.p_offset = static_cast<Word>(file.size());
    p.p_vaddr = static_cast<Word>(s.vaddr);
    p.p_paddr = static_cast<Word>(s.paddr);
    p.p_filesz = static_cast<Word>(s.data.size());
    p.p_memsz = static_cast<Word>(s.memory_bytes == 0 ? s.data.size() : s.memory_bytes);
    p.p_align = 4;
    set(file, sizeof header + i * sizeof p, p);
    file.insert(file.end(), s.data.begin(), s.data.end());
  }
  header.e_shoff = static_cast<Word>(file.size());
  file.resize(file.size() + 2 * sizeof(typename Class::Shdr));
  set(file, 0, header);
  return file;
}

/// One ELF note with 4-byte padding.
template <class Desc>
Bytes note(std::string_view owner, std::uint32_t type, Desc desc) {
  Bytes out;
  set(out, 0, static_cast<std::uint32_t>(owner.size() + 1));
  set(out, 4, static_cast<std::uint32_t>(sizeof desc));
  set(out, 8, type);
  append(out, owner);
  out.resize((out.size() + 1 + 3) / 4 * 4);
  set(out, out.size(), desc);
  out.resize((out.size() + 3) / 4 * 4);
  return out;
}

}  // namespace takt::test_images
