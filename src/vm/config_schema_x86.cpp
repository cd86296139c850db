// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "vm/config_schema.h"
#include "vm/config_values.h"
#include "vm/devices.h"

namespace takt {
namespace {

constexpr std::array options{
    Option{
        "kernel", OptionKind::value, "FILE", "bzImage, ELF with a PVH note, or multiboot 1 image",
        [](VmConfig& c, std::string_view v) { return store(c.kernel, parse_text(v, "a file")); }},
    Option{
        "initrd", OptionKind::value, "FILE", "initial RAM disk, or the multiboot module",
        [](VmConfig& c, std::string_view v) { return store(c.initrd, parse_text(v, "a file")); }},
    Option{"disable-exits", OptionKind::value, "LIST",
           "idle and pause instructions that stay in the guest: hlt,mwait,pause,cstate, all, none",
           [](VmConfig& c, std::string_view v) {
             return store(c.disable_exits, parse_disable_exits(v));
           }},
    Option{"debug-console", OptionKind::value, "TARGET", "where port 0xe9 goes (default none)",
           [](VmConfig& c, std::string_view v) {
             return store(c.debug_console, ConsoleTarget::parse(v));
           }},
    Option{"pit", OptionKind::flag, "", "an i8254 timer, for payloads that calibrate against it",
           [](VmConfig& c, std::string_view v) { return store(c.pit, parse_bool(v)); }},
    Option{"testdev", OptionKind::flag, "",
           "registers to poke: port 0xe0, 4 KiB at 0xff000000, and an ioeventfd at port 0xea",
           [](VmConfig& c, std::string_view v) { return store(c.testdev, parse_bool(v)); }},
    Option{"dump-acpi", OptionKind::value, "DIR",
           "write the ACPI tables to DIR and exit without starting the guest",
           [](VmConfig& c, std::string_view v) {
             return store(c.dump_tables, parse_text(v, "a directory"));
           }},
};

bool has_debug_console(const VmConfig& c) { return c.debug_console.kind != ConsoleKind::none; }
bool has_testdev(const VmConfig& c) { return c.testdev; }

constexpr std::array devices{
    DeviceRow{.name = "uart", .server = "console"},
    DeviceRow{.name = "debug-console", .server = "console", .present = has_debug_console},
    DeviceRow{.name = "rtc", .server = "console"},
    DeviceRow{.name = "keyboard", .server = "console"},
    DeviceRow{.name = "power", .server = "console"},
    DeviceRow{.name = "debug-exit", .server = ""},
    DeviceRow{.name = "test-registers", .server = "", .present = has_testdev},
    DeviceRow{
        .name = "slow", .server = "slow", .access = AccessPolicy::server, .present = has_testdev},
};

}  // namespace

std::span<const Option> board_options() { return options; }
std::span<const DeviceRow> board_devices() { return devices; }

}  // namespace takt
