// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/device_tree_builder.h"

/// For tests: the device tree of a small machine, as takt and QEMU describe theirs.
namespace probe::arm64::test {

using probe::test::DeviceTreeBuilder;

/// The root is left open, for more.
inline void begin_root(DeviceTreeBuilder& b) {
  b.begin("").cells("#address-cells", {2}).cells("#size-cells", {2});
}

inline void add_cpus(DeviceTreeBuilder& b) {
  b.begin("cpus").cells("#address-cells", {1}).cells("#size-cells", {0});
  b.begin("cpu@0").text("device_type", "cpu").cells("reg", {0}).end();
  b.begin("cpu@100").text("device_type", "cpu").cells("reg", {0x100}).end();
  b.end();
}

inline void add_gic_v3(DeviceTreeBuilder& b) {
  b.begin("intc@8000000").text("compatible", "arm,gic-v3").cells("#redistributor-regions", {2});
  b.cells("reg", {0, 0x800'0000, 0, 0x1'0000, 0, 0x80a'0000, 0, 0x4'0000, 1, 0, 0, 0x2'0000});
  b.end();
}

inline void add_device(DeviceTreeBuilder& b, const char* name, const char* compatible,
                       std::uint32_t base, std::uint32_t bytes) {
  b.begin(name).text("compatible", compatible).cells("reg", {0, base, 0, bytes}).end();
}

inline void add_board(DeviceTreeBuilder& b) {
  begin_root(b);
  b.begin("chosen").text("bootargs", "timer samples=5").text("stdout-path", "/pl011@9000000").end();
  b.begin("psci").texts("compatible", {"arm,psci-1.0", "arm,psci-0.2"}).text("method", "hvc").end();
  add_cpus(b);
  add_gic_v3(b);
  add_device(b, "pl011@9000000", "arm,pl011", 0x900'0000, 0x1000);
  add_device(b, "pl031@9010000", "arm,pl031", 0x901'0000, 0x1000);
  add_device(b, "debug-exit@9020000", "takt,debug-exit", 0x902'0000, 4);
  add_device(b, "test-registers@9030000", "takt,test-registers", 0x903'0000, 0x1000);
  add_device(b, "test-eventfd@9031000", "takt,test-eventfd", 0x903'1000, 4);
  b.end();
}

}  // namespace probe::arm64::test
