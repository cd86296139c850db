// SPDX-License-Identifier: Apache-2.0
#include "vm/boot_arm64.h"

#include <fcntl.h>
#include <sys/random.h>

#include "base/bits.h"
#include "boot/payload_arm64.h"
#include "kvm/vcpu_arm64.h"
#include "vm/layout_arm64.h"

namespace takt {
namespace {

/// ID_AA64MMFR0_EL1 (DDI 0487, D23.2): which value of a TGran field says that there is no such
/// granule differs between them.
PageSizes page_sizes(std::uint64_t mmfr0) {
  using Gran4 = Field<31, 28, std::uint64_t>;
  using Gran64 = Field<27, 24, std::uint64_t>;
  using Gran16 = Field<23, 20, std::uint64_t>;
  return {.kib4 = Gran4::get(mmfr0) != 0xf,
          .kib16 = Gran16::get(mmfr0) != 0,
          .kib64 = Gran64::get(mmfr0) != 0xf};
}

template <std::size_t n>
Result<std::array<std::byte, n>> random_bytes() {
  std::array<std::byte, n> bytes{};
  if (::getrandom(bytes.data(), n, 0) != static_cast<ssize_t>(n)) return sys_error("getrandom");
  return bytes;
}

}  // namespace

Result<> boot_arm64(const VmConfig& config, MachineShape shape, const PayloadFiles& files,
                    const GuestMem& mem, std::span<const kvm::VcpuFd> vcpus) {
  for (const kvm::VcpuFd& vcpu : vcpus) {
    TRY(const std::uint64_t affinity, kvm::affinity(vcpu));
    shape.cpus.push_back(affinity);
    if (shape.pmu) TRY_VOID(kvm::start_pmu(vcpu, layout::pmu_intid));
  }
  TRY(const std::uint64_t mmfr0, kvm::memory_model(vcpus.front()));
  Payload payload{.kernel = files.kernel,
                  .initrd = files.initrd,
                  .flat = config.flat,
                  .page_sizes = page_sizes(mmfr0),
                  .fdt = machine_tree(config, shape)};
  TRY(payload.fdt.chosen.rng_seed, random_bytes<32>());
  TRY(payload.fdt.chosen.kaslr_seed, random_bytes<8>());
  auto start = load_payload(mem, std::move(payload));
  if (!start) return in_context(config.kernel, start.error());
  return kvm::set_start_state(vcpus.front(), *start);
}

Result<> dump_tables(const VmConfig& config) {
  const MachineShape shape{
      .gic = config.gic == GicChoice::v2 ? kvm::GicVersion::v2 : kvm::GicVersion::v3,
      .cpus = default_affinities(config.cpus)};
  FdtConfig tree = machine_tree(config, shape);
  tree.memory = {{layout::ram, config.memory}};
  TRY(const auto bytes, build_fdt(tree));
  TRY(const Fd file, open_file(*config.dump_tables, O_WRONLY | O_CREAT | O_TRUNC, 0644));
  return write_all(file, bytes);
}

}  // namespace takt
