// SPDX-License-Identifier: Apache-2.0
#include "arm64/psci.h"

// boot.S
extern "C" std::int64_t psci_hvc(std::uint64_t function, std::uint64_t, std::uint64_t,
                                 std::uint64_t);
extern "C" std::int64_t psci_smc(std::uint64_t function, std::uint64_t, std::uint64_t,
                                 std::uint64_t);

namespace probe::arm64::psci {
namespace {

// DEN 0022, 5.1: function identifiers.
constexpr std::uint64_t psci_version = 0x8400'0000;
constexpr std::uint64_t psci_cpu_on_64 = 0xc400'0003;
constexpr std::uint64_t psci_system_off = 0x8400'0008;
constexpr std::uint64_t psci_system_reset = 0x8400'0009;
constexpr std::int64_t success = 0;
constexpr std::int64_t not_supported = -1;

constinit PsciConduit conduit = PsciConduit::none;

std::int64_t call(std::uint64_t function, std::uint64_t a = 0, std::uint64_t b = 0,
                  std::uint64_t c = 0) {
  switch (conduit) {
    case PsciConduit::hvc: return psci_hvc(function, a, b, c);
    case PsciConduit::smc: return psci_smc(function, a, b, c);
    case PsciConduit::none: break;
  }
  return not_supported;
}

}  // namespace

void use(PsciConduit c) { conduit = c; }

bool cpu_on(std::uint64_t affinity, std::uint64_t entry, std::uint64_t context) {
  return call(psci_cpu_on_64, affinity, entry, context) == success;
}

void system_off() { call(psci_system_off); }
void system_reset() { call(psci_system_reset); }

void version_by_hvc() { psci_hvc(psci_version, 0, 0, 0); }

}  // namespace probe::arm64::psci
