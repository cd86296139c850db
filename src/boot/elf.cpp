// SPDX-License-Identifier: Apache-2.0
#include "boot/elf.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/bits.h"
#include "boot/layout.h"

namespace takt {
namespace {

std::unexpected<Error> cut_short(std::string_view part, std::uint64_t end, std::uint64_t size) {
  return usage_error(
      fmt::format("is cut short or damaged: its {} should end at byte {:#x}, but the file has "
                  "{:#x}; copy it again",
                  part, end, size));
}

/// The machines that people try; for the rest the number has to do.
std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_386: return "32-bit x86";
    case EM_AARCH64: return "arm64";
    case EM_ARM: return "32-bit Arm";
    case EM_RISCV: return "RISC-V";
    case EM_PPC64: return "PowerPC";
    case EM_S390: return "S/390";
    default: return fmt::format("machine type {}", machine);
  }
}

Result<> check_machine(std::uint16_t machine, bool is64, const ElfTarget& target) {
  if (machine != EM_NONE && machine == (is64 ? target.machine64 : target.machine32)) return {};
  if (machine != EM_NONE && (machine == target.machine32 || machine == target.machine64))
    return usage_error("is an ELF file whose class does not go with its machine type");
  return usage_error(
      fmt::format("is an ELF file for {}; this machine is {}", machine_name(machine), target.name));
}

Result<> check_type(std::uint16_t type) {
  if (type == ET_EXEC || type == ET_DYN) return {};
  if (type == ET_REL)
    return usage_error("is an ELF object file or kernel module; give the linked kernel");
  return usage_error(fmt::format("is an ELF file of type {}, not an executable", type));
}

template <class Ehdr>
Result<> check_section_headers(const Ehdr& header, std::uint64_t size) {
  if (header.e_shoff == 0) return {};
  const std::uint64_t bytes = std::uint64_t{header.e_shnum} * header.e_shentsize;
  if (fits(size, header.e_shoff, bytes)) return {};
  return cut_short("section header table", header.e_shoff + bytes, size);
}

template <class Phdr>
ElfSegment widen(const Phdr& p) {
  return {.type = p.p_type,
          .offset = p.p_offset,
          .vaddr = p.p_vaddr,
          .paddr = p.p_paddr,
          .file_bytes = p.p_filesz,
          .memory_bytes = p.p_memsz,
          .align = p.p_align};
}

struct NoteHeader {
  std::uint32_t owner_bytes;  // with the terminating zero
  std::uint32_t desc_bytes;
  std::uint32_t type;
};
static_assert(sizeof(NoteHeader) == 12);

struct Note {
  std::string_view owner;
  std::uint32_t type;
  std::span<const std::byte> desc;
};

std::string_view as_text(std::span<const std::byte> bytes) {
  const std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  return text.substr(0, text.find('\0'));
}

/// Takes one note off the front of `rest`; nothing when there is no whole one.
std::optional<Note> take_note(std::span<const std::byte>& rest, std::uint64_t align) {
  if (rest.size() < sizeof(NoteHeader)) return std::nullopt;
  const auto header = get(rest, At<NoteHeader>{0});
  const std::uint64_t desc_at = align_up(sizeof header + std::uint64_t{header.owner_bytes}, align);
  if (!fits(rest.size(), desc_at, header.desc_bytes)) return std::nullopt;
  const Note note{.owner = as_text(rest.subspan(sizeof header, header.owner_bytes)),
                  .type = header.type,
                  .desc = rest.subspan(desc_at, header.desc_bytes)};
  rest = rest.subspan(std::min(align_up(desc_at + header.desc_bytes, align), rest.size()));
  return note;
}

}  // namespace

Result<> ElfImage::add(std::span<const std::byte> file, const ElfSegment& segment) {
  if (segment.type != PT_LOAD && segment.type != PT_NOTE) return {};
  if (!fits(file.size(), segment.offset, segment.file_bytes))
    return cut_short("segment", segment.offset + segment.file_bytes, file.size());
  if (segment.type == PT_NOTE) {
    notes_.push_back(segment);
    return {};
  }
  if (segment.memory_bytes < segment.file_bytes)
    return usage_error(
        "has an ELF segment that is larger in the file than in memory; it is damaged");
  if (segment.memory_bytes != 0) loads_.push_back(segment);
  return {};
}

template <class Ehdr, class Phdr>
Result<ElfImage> ElfImage::parse_class(std::span<const std::byte> file, const ElfTarget& target) {
  if (file.size() < sizeof(Ehdr)) return cut_short("ELF header", sizeof(Ehdr), file.size());
  const auto header = get(file, At<Ehdr>{0});
  TRY_VOID(check_machine(header.e_machine, sizeof(Ehdr) == sizeof(Elf64_Ehdr), target));
  TRY_VOID(check_type(header.e_type));
  if (header.e_phnum > max_segments || header.e_phentsize != sizeof(Phdr))
    return usage_error(
        fmt::format("has {} ELF program headers of {} bytes; takt takes at most {} of {}",
                    header.e_phnum, header.e_phentsize, max_segments, sizeof(Phdr)));
  const std::uint64_t table_bytes = header.e_phnum * sizeof(Phdr);
  if (!fits(file.size(), header.e_phoff, table_bytes))
    return cut_short("program header table", header.e_phoff + table_bytes, file.size());
  ElfImage elf;
  elf.entry_ = header.e_entry;
  for (std::size_t i = 0; i < header.e_phnum; ++i)
    TRY_VOID(elf.add(file, widen(get(file, At<Phdr>{header.e_phoff + i * sizeof(Phdr)}))));
  TRY_VOID(check_section_headers(header, file.size()));
  if (elf.loads_.empty()) return usage_error("is an ELF file with nothing to load");
  return elf;
}

Result<ElfImage> ElfImage::parse(std::span<const std::byte> file, const ElfTarget& target) {
  if (file.size() < EI_NIDENT) return cut_short("ELF header", EI_NIDENT, file.size());
  if (as_text(file.first(SELFMAG)) != ELFMAG) return usage_error("is not an ELF file");
  if (get(file, At<std::uint8_t>{EI_DATA}) != ELFDATA2LSB)
    return usage_error(
        fmt::format("is a big-endian ELF file; this machine is {}, little-endian", target.name));
  switch (get(file, At<std::uint8_t>{EI_CLASS})) {
    case ELFCLASS32: return parse_class<Elf32_Ehdr, Elf32_Phdr>(file, target);
    case ELFCLASS64: return parse_class<Elf64_Ehdr, Elf64_Phdr>(file, target);
    default: return usage_error("is an ELF file of an unknown class; it is damaged");
  }
}

std::optional<std::span<const std::byte>> ElfImage::find_note(std::span<const std::byte> file,
                                                              std::string_view owner,
                                                              std::uint32_t type) const {
  constexpr std::uint64_t max_bytes = 64_KiB;
  for (const ElfSegment& segment : notes_) {
    auto rest = file.subspan(segment.offset, std::min(segment.file_bytes, max_bytes));
    const std::uint64_t align = segment.align == 8 ? 8 : 4;
    while (const auto note = take_note(rest, align))
      if (note->owner == owner && note->type == type) return note->desc;
  }
  return std::nullopt;
}

}  // namespace takt
