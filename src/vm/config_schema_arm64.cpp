// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "vm/config_schema.h"
#include "vm/config_values.h"
#include "vm/devices.h"
#include "vm/layout_arm64.h"

namespace takt {
namespace {

constexpr std::array options{
    Option{
        "kernel", OptionKind::value, "FILE", "Linux Image or Image.gz, or an ELF file",
        [](VmConfig& c, std::string_view v) { return store(c.kernel, parse_text(v, "a file")); }},
    Option{"flat", OptionKind::flag, "",
           "a kernel that is none of these is a flat binary, started at its first byte, 512 KiB "
           "into RAM",
           [](VmConfig& c, std::string_view v) { return store(c.flat, parse_bool(v)); }},
    Option{
        "initrd", OptionKind::value, "FILE", "initial RAM disk",
        [](VmConfig& c, std::string_view v) { return store(c.initrd, parse_text(v, "a file")); }},
    Option{"gic", OptionKind::value, "VERSION",
           "interrupt controller: v3 (with ITS), v2, auto (default): the best that the host has",
           [](VmConfig& c, std::string_view v) { return store(c.gic, parse_gic(v)); }},
    Option{"uart", OptionKind::value, "MODEL", "the console's device: pl011 (default), 16550",
           [](VmConfig& c, std::string_view v) { return store(c.uart, parse_uart(v)); }},
    Option{"disable-exits", OptionKind::value, "LIST",
           "idle instructions that stay in the guest, where the host has that: wfi,wfe, all, none",
           [](VmConfig& c, std::string_view v) {
             return store(c.disable_exits, parse_disable_exits(v));
           }},
    Option{"testdev", OptionKind::flag, "",
           "nodes takt,debug-exit, takt,test-registers, takt,test-eventfd: an exit status of the "
           "guest's own, and registers to poke",
           [](VmConfig& c, std::string_view v) { return store(c.testdev, parse_bool(v)); }},
    Option{"dump-dtb", OptionKind::value, "FILE",
           "write the device tree to FILE and exit without starting the guest",
           [](VmConfig& c, std::string_view v) {
             return store(c.dump_tables, parse_text(v, "a file"));
           }},
};

bool has_testdev(const VmConfig& c) { return c.testdev; }

constexpr std::array devices{
    DeviceRow{.name = "uart", .server = "console"},
    DeviceRow{.name = "rtc", .server = "rtc"},
    DeviceRow{.name = "gpio", .server = "console"},
    DeviceRow{.name = "debug-exit", .server = "", .present = has_testdev},
    DeviceRow{.name = "test-registers", .server = "", .present = has_testdev},
    DeviceRow{
        .name = "slow", .server = "slow", .access = AccessPolicy::server, .present = has_testdev},
};

}  // namespace

std::span<const Option> board_options() { return options; }
std::span<const DeviceRow> board_devices() { return devices; }

}  // namespace takt
