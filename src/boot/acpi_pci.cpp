// SPDX-License-Identifier: Apache-2.0
#include "boot/acpi_pci.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bits.h"
#include "boot/acpi_bytes.h"
#include "boot/acpi_layout.h"
#include "boot/acpi_ssdt_pci_aml.h"
#include "boot/acpi_ssdt_pci_mmio64_aml.h"

namespace takt::acpi {
namespace {

using Bytes = std::vector<std::byte>;

// How the resource descriptors that are patched begin: tag, length, and where there is one, the
// type of the resource, memory. 6.4.3.4, 6.4.3.5.1, 6.4.3.5.2.
constexpr std::array<std::uint8_t, 3> fixed32_head{0x86, 0x09, 0x00};
constexpr std::array<std::uint8_t, 4> dword_head{0x87, 0x17, 0x00, 0x00};
constexpr std::array<std::uint8_t, 4> qword_head{0x8a, 0x2b, 0x00, 0x00};

/// Where in the AML the one descriptor of its kind is; the length of the AML when there are none or
/// several.
template <std::size_t N, std::size_t M>
consteval std::size_t find_only(const std::array<std::uint8_t, N>& aml,
                                const std::array<std::uint8_t, M>& head) {
  const auto first = std::ranges::search(aml, head);
  const auto second = std::ranges::search(std::ranges::subrange{first.end(), aml.end()}, head);
  return second.empty() ? static_cast<std::size_t>(first.begin() - aml.begin()) : N;
}

/// A table made of one of the two versions of the AML.
template <const auto& source>
class Ssdt {
 public:
  Ssdt() {
    const auto bytes = std::as_bytes(std::span{source});
    table_.assign(bytes.begin(), bytes.end());
  }

  /// Memory32Fixed: read/write flag, base, length.
  void set_ecam(Gpa base, std::uint64_t bytes) {
    constexpr std::size_t at = find_only(source, fixed32_head);
    static_assert(at < source.size());
    put<std::uint32_t>(at + 4, {base.raw(), bytes});
  }
  /// DWordMemory: flags, granularity, minimum, maximum, translation, length.
  void set_mmio32(GpaRange range) {
    constexpr std::size_t at = find_only(source, dword_head);
    static_assert(at < source.size());
    put<std::uint32_t>(at + 6, {0, range.start.raw(), last(range), 0, range.size});
  }
  /// QWordMemory: the same, wider.
  void set_mmio64(GpaRange range) {
    constexpr std::size_t at = find_only(source, qword_head);
    static_assert(at < source.size());
    put<std::uint64_t>(at + 6, {0, range.start.raw(), last(range), 0, range.size});
  }
  [[nodiscard]] Bytes take() { return std::move(table_); }

 private:
  static std::uint64_t last(GpaRange range) { return range.start.raw() + (range.size - 1); }

  template <class T>
  void put(std::size_t at, std::initializer_list<std::uint64_t> values) {
    for (const std::uint64_t value : values) {
      const Le<T> number = static_cast<T>(value);
      std::memcpy(&table_[at], &number, sizeof number);
      at += sizeof number;
    }
  }

  Bytes table_;
};

constexpr std::uint64_t ecam_bytes = 1_MiB;  // bus 0: 32 devices of 8 functions of 4 KiB

constexpr bool is_within(GpaRange range, Gpa low, std::uint64_t bytes) {
  return range.size != 0 && range.start >= low && range.start - low < bytes &&
         bytes - (range.start - low) >= range.size;
}

}  // namespace

bool is_sound(const AcpiPci& pci) {
  const GpaRange ecam{pci.ecam, ecam_bytes};
  const bool low = is_aligned(pci.ecam.raw(), ecam_bytes) && is_within(ecam, Gpa{0}, 4_GiB) &&
                   is_within(pci.mmio32, Gpa{0}, 4_GiB) && !ecam.overlaps(pci.mmio32);
  return low && (!pci.mmio64 || is_within(*pci.mmio64, Gpa{4_GiB}, (1ull << 52) - 4_GiB));
}

Bytes build_pci_ssdt(const AcpiPci& pci) {
  const auto with_low_windows = [&](auto ssdt) {
    ssdt.set_ecam(pci.ecam, ecam_bytes);
    ssdt.set_mmio32(pci.mmio32);
    return ssdt;
  };
  if (!pci.mmio64) return with_low_windows(Ssdt<aml::ssdt_pci>{}).take();
  auto ssdt = with_low_windows(Ssdt<aml::ssdt_pci_mmio64>{});
  ssdt.set_mmio64(*pci.mmio64);
  return ssdt.take();
}

Bytes build_mcfg(const AcpiPci& pci) {
  Bytes mcfg = to_bytes(Mcfg{});
  append(mcfg, McfgAllocation{.base_address = pci.ecam.raw()});
  return mcfg;
}

}  // namespace takt::acpi
