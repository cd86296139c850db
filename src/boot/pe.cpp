// SPDX-License-Identifier: Apache-2.0
#include "boot/pe.h"

#include <algorithm>

#include "boot/layout.h"

namespace takt {
namespace {

// 2 "MS-DOS Stub"; offsets in the file.
constexpr At<std::uint16_t> dos_magic{0};
constexpr At<std::uint32_t> header_offset{0x3c};

// 3.3 "COFF File Header" and 3.4 "Optional Header (Image Only)"; offsets from the signature.
constexpr At<std::uint32_t> signature{0};
constexpr At<std::uint16_t> number_of_sections{6};
constexpr At<std::uint16_t> size_of_optional_header{20};
constexpr std::size_t optional_header = 24;
constexpr At<std::uint16_t> optional_magic{optional_header};
constexpr At<std::uint32_t> directories{optional_header + 108};
constexpr At<std::uint32_t> certificate_offset{optional_header + 112 + 4 * 8};
constexpr At<std::uint32_t> certificate_bytes{optional_header + 112 + 4 * 8 + 4};

// 4 "Section Table (Section Headers)".
constexpr std::size_t section_header_bytes = 40;
constexpr At<std::uint32_t> size_of_raw_data{16};
constexpr At<std::uint32_t> pointer_to_raw_data{20};

/// The file from its PE signature on; empty when there is no PE32+ header.
std::span<const std::byte> pe_header(std::span<const std::byte> file) {
  if (file.size() < header_offset.end()) return {};
  const std::uint64_t at = get(file, header_offset);
  if (!fits(file.size(), at, certificate_bytes.end())) return {};
  const auto pe = file.subspan(at);
  const bool pe32_plus = get(pe, signature) == 0x4550 && get(pe, optional_magic) == 0x20b;
  return pe32_plus ? pe : std::span<const std::byte>{};
}

}  // namespace

std::uint64_t pe_certificates_end(std::span<const std::byte> file) {
  const auto pe = pe_header(file);
  if (pe.empty() || get(pe, directories) <= 4 || get(pe, certificate_bytes) == 0) return 0;
  return std::uint64_t{get(pe, certificate_offset)} + get(pe, certificate_bytes);
}

std::uint64_t pe_sections_end(std::span<const std::byte> file) {
  if (file.size() < header_offset.end() || get(file, dos_magic) != 0x5a4d) return 0;  // "MZ"
  const std::uint64_t header_end =
      get(file, header_offset) + std::uint64_t{certificate_bytes.end()};
  if (header_end > file.size()) return header_end;
  const auto pe = pe_header(file);
  if (pe.empty()) return 0;
  const std::uint64_t table = optional_header + std::uint64_t{get(pe, size_of_optional_header)};
  const std::uint64_t table_bytes = get(pe, number_of_sections) * section_header_bytes;
  std::uint64_t end = file.size() - pe.size() + table + table_bytes;
  if (!fits(pe.size(), table, table_bytes)) return end;
  for (std::uint64_t at = table; at < table + table_bytes; at += section_header_bytes) {
    const auto section = pe.subspan(at, section_header_bytes);
    end = std::max(
        end, std::uint64_t{get(section, pointer_to_raw_data)} + get(section, size_of_raw_data));
  }
  return end;
}

}  // namespace takt
