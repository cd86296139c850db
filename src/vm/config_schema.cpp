// SPDX-License-Identifier: Apache-2.0
#include "vm/config_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "vm/config_values.h"

namespace takt {
namespace {

// A row is: key, kind, placeholder, help, how to read it.
constexpr std::array common{
    Option{"name", OptionKind::value, "NAME",
           "name of the VM: letters, digits, '.', '_', '-'; gives it a control socket",
           [](VmConfig& c, std::string_view v) {
             c.is_named = true;
             return store(c.name, parse_name(v));
           }},
    Option{"control", OptionKind::value, "PATH",
           "control socket: a path, or none (default: takt/NAME.sock in the user's run-time "
           "directory, for a VM with a --name)",
           [](VmConfig& c, std::string_view v) {
             return store(c.control, parse_text(v, "a socket's path, or none,"));
           }},
    Option{"cmdline", OptionKind::value, "TEXT", "the kernel's command line",
           [](VmConfig& c, std::string_view v) {
             c.cmdline = v;
             return Result<>{};
           }},
    Option{"memory", OptionKind::value, "SIZE", "guest RAM, such as 512M or 4G (default 512M)",
           [](VmConfig& c, std::string_view v) { return store(c.memory, parse_memory(v)); }},
    Option{"cpus", OptionKind::value, "N", "number of vCPUs (default 1)",
           [](VmConfig& c, std::string_view v) { return store(c.cpus, parse_number(v, 1, 4096)); }},
    Option{"vcpu", OptionKind::list, "N:KEY=VALUE,...",
           "place a vCPU thread: cpu=2 (or cpu=2-3), policy=fifo|rr|other, priority=1..99",
           [](VmConfig& c, std::string_view v) { return set_vcpu(c, v); }},
    Option{"server", OptionKind::list, "NAME:KEY=VALUE,...",
           "place a device server's thread in the same way; poll-us=N: it stays awake that long "
           "after its last work",
           [](VmConfig& c, std::string_view v) { return set_server(c, v); }},
    Option{"device", OptionKind::list, "NAME:KEY=VALUE,...",
           "who serves a device: server=NAME, access=lock (on the vCPU's thread) or server",
           [](VmConfig& c, std::string_view v) { return set_device(c, v); }},
    Option{
        "net", OptionKind::list, "NAME:KEY=VALUE,...",
        "a network card: model=virtio (default) or e1000; tap=INTERFACE, passt=on (or options of "
        "passt's) or socket=PATH; mac=52:54:00:..., queues=N, vhost=on",
        [](VmConfig& c, std::string_view v) { return set_net(c, v); }},
    Option{"disk", OptionKind::list, "NAME:KEY=VALUE,...",
           "a virtio disk: path=FILE (raw, or a block device), readonly=on, cache=writeback "
           "(default) or none, iops=N, bps=N, serial=TEXT",
           [](VmConfig& c, std::string_view v) { return set_disk(c, v); }},
    Option{"port", OptionKind::list, "NAME:TARGET",
           "a port of a virtio console; targets as for --console",
           [](VmConfig& c, std::string_view v) { return set_port(c, v); }},
    Option{
        "virtio", OptionKind::value, "BUS",
        "where virtio devices are: pci (default), or mmio: windows of memory, for guests without "
        "PCI",
        [](VmConfig& c, std::string_view v) { return store(c.virtio_mmio, parse_virtio_bus(v)); }},
    Option{"rng", OptionKind::flag, "", "a virtio source of random bytes",
           [](VmConfig& c, std::string_view v) { return store(c.rng, parse_bool(v)); }},
    Option{"rng-limit", OptionKind::value, "RATE",
           "how many random bytes a second --rng gives at most, such as 64K (default 0: no limit)",
           [](VmConfig& c, std::string_view v) { return store(c.rng_limit, parse_rate(v)); }},
    Option{"balloon", OptionKind::flag, "", "a virtio balloon, which gives free memory back",
           [](VmConfig& c, std::string_view v) { return store(c.balloon, parse_bool(v)); }},
    Option{
        "vsock", OptionKind::keys, "KEY=VALUE,...",
        "virtio sockets between guest and host: cid=N (the guest's address, from 3), socket=PATH "
        "(the host's end)",
        [](VmConfig& c, std::string_view v) { return set_vsock(c, v); }},
    Option{"helpers", OptionKind::keys, "KEY=VALUE,...",
           "place the kernel's threads that serve the VM (kvm-pit, kvm-nx-lpage-recovery, vhost); "
           "default, with a real-time vCPU: away from the vCPUs' CPUs",
           [](VmConfig& c, std::string_view v) { return store(c.helpers, parse_placement(v)); }},
    Option{"cpu-dma-latency", OptionKind::value, "US",
           "keep the host's CPUs out of idle states that take longer to leave: microseconds, off, "
           "auto (0 with a real-time thread)",
           [](VmConfig& c, std::string_view v) { return set_dma_latency(c, v); }},
    Option{"resctrl", OptionKind::lines, "SCHEMATA",
           "a share of cache or memory bandwidth for the vCPUs and real-time servers: L3:0=f0, "
           "MB:0=50",
           [](VmConfig& c, std::string_view v) { return add_schemata(c, v); }},
    Option{"budget", OptionKind::table, "KEY=US,...",
           "how long what may take: exit_us, wakeup_us, job_us, SERVER.job_us; what is late is "
           "explained in a file of bundles=DIR (takt blame)",
           [](VmConfig& c, std::string_view v) { return set_budget(c, v); }},
    Option{"rt-mode", OptionKind::value, "MODE",
           "strict: a placement that is not granted is an error (default); best-effort: a warning",
           [](VmConfig& c, std::string_view v) { return store(c.rt_mode, parse_rt_mode(v)); }},
    Option{
        "halt-poll-ns", OptionKind::value, "NS",
        "how long KVM polls for a vCPU that halts, before its thread sleeps (default: the host's)",
        [](VmConfig& c, std::string_view v) {
          return store(c.halt_poll_ns, parse_number(v, 0, 1'000'000'000));
        }},
    Option{"hugepages", OptionKind::value, "SIZE", "back guest RAM by huge pages: off, 2M, 1G",
           [](VmConfig& c, std::string_view v) { return store(c.hugepages, parse_page_size(v)); }},
    Option{"prefault", OptionKind::value, "SWITCH",
           "touch all guest RAM before the guest starts: on, off, auto (with a real-time thread)",
           [](VmConfig& c, std::string_view v) { return store(c.prefault, parse_switch(v)); }},
    Option{"mlock", OptionKind::value, "SWITCH", "lock all memory of takt: on, off, auto",
           [](VmConfig& c, std::string_view v) { return store(c.mlock, parse_switch(v)); }},
    Option{
        "console", OptionKind::value, "TARGET",
        "where the serial console goes: stdio (default; Ctrl-A x quits), none, pty, file:PATH "
        "(appended)",
        [](VmConfig& c, std::string_view v) { return store(c.console, ConsoleTarget::parse(v)); }},
    Option{"print-effective", OptionKind::flag, "",
           "print what is in force for each thread as JSON on stderr before the guest starts",
           [](VmConfig& c, std::string_view v) { return store(c.print_effective, parse_bool(v)); }},
    Option{"print-stats", OptionKind::flag, "",
           "print exits and faults as JSON on stderr at the end",
           [](VmConfig& c, std::string_view v) { return store(c.print_stats, parse_bool(v)); }},
    Option{"trace-host", OptionKind::value, "SWITCH",
           "let the host's kernel trace what can make a vCPU late: on, off, auto (default): with a "
           "budget",
           [](VmConfig& c, std::string_view v) { return store(c.trace_host, parse_switch(v)); }},
    Option{"trace-file", OptionKind::value, "FILE",
           "write the last moments as a trace for ui.perfetto.dev at the end",
           [](VmConfig& c, std::string_view v) {
             return store(c.trace_file, parse_text(v, "a file name"));
           }},
};

}  // namespace

std::span<const Option> config_options() {
  static const std::vector<Option> all = [] {
    const auto board = board_options();
    std::vector<Option> rows{board.begin(), board.end()};
    rows.insert(rows.end(), common.begin(), common.end());
    return rows;
  }();
  return all;
}

Result<> set_option(VmConfig& config, std::string_view key, std::string_view value) {
  const auto options = config_options();
  const auto it = std::ranges::find(options, key, &Option::key);
  if (it == options.end()) return usage_error(fmt::format("unknown option '{}'", key));
  if (auto r = it->set(config, value); !r)
    return std::unexpected(
        Error{fmt::format("{} = '{}': {}", key, value, r.error().text), Blame::usage});
  return {};
}

}  // namespace takt
