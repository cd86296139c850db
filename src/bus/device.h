// SPDX-License-Identifier: Apache-2.0
// What a device model is, seen from the bus. A model knows no vCPU, no KVM and no file; all that
// it needs comes through its constructor as small interfaces from this folder, so that the same
// object runs in a VM, in a unit test and in a fuzzer on any host.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/rt.h"
#include "base/units.h"
#include "bus/access_rules.h"

namespace takt {

/// Where in the device's region an access goes, how wide it is and who makes it. The bus has
/// checked that [offset, offset + width) lies inside the region and that the width is one the
/// region takes. The offset need not be aligned: x86 guests may do that.
struct Access {
  std::uint64_t offset = 0;
  Width width = Width::b1;
  VcpuId from = {};  // for what stands between bus and model; a model has no use for it
};

/// Device models are total and silent: a guest's mistake has the effect it has on the hardware,
/// never an error. Both functions are called from any vCPU thread, several at once unless the
/// board puts the model behind a Guarded (bus/guarded.h), which goes by rules().
class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// The value in the low bytes of the result; the bus drops what is beyond the width.
  virtual std::uint64_t read(Access access) RT = 0;
  /// `value` is already cut to the width.
  virtual void write(Access access, std::uint64_t value) RT = 0;
  /// Constant. Without rules every access is synchronous.
  [[nodiscard]] virtual AccessRules rules() const { return {}; }
};

}  // namespace takt
