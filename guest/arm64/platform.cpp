// SPDX-License-Identifier: Apache-2.0
#include "arm64/platform.h"

#include <algorithm>

namespace probe::arm64 {
namespace {

/// The node that /chosen/stdout-path names: a path, or an alias of one; options follow a ':'.
std::string_view find_stdout(const DeviceTree& tree, std::string_view path) {
  path = path.substr(0, path.find(':'));
  if (path.empty() || path.starts_with('/')) return path;
  for (NodeWalk node{tree}; node.next();) {
    if (node.is_at("/aliases")) return node.text(path);
  }
  return {};
}

/// /chosen; returns `stdout-path`.
std::string_view take_chosen(const DeviceTree& tree, Platform& p) {
  for (NodeWalk node{tree}; node.next();) {
    if (!node.is_at("/chosen")) continue;
    p.command_line = node.text("bootargs");
    return node.text("stdout-path");
  }
  return {};
}

Range first_reg(const NodeWalk& node) { return node.reg(0).value_or(Range{}); }

void take_pl011(Platform& p, const NodeWalk& node) {
  p.console = {Console::Kind::pl011, first_reg(node), 0, 4};
}

/// A shift or a width that no 16550 has makes it none.
void take_ns16550(Platform& p, const NodeWalk& node) {
  const std::uint32_t shift = node.cell("reg-shift").value_or(0);
  const std::uint32_t bytes = node.cell("reg-io-width").value_or(1);
  if (shift > 2 || (bytes != 1 && bytes != 4)) return;
  p.console = {Console::Kind::ns16550, first_reg(node), shift, bytes};
}

void take_gic_v3(Platform& p, const NodeWalk& node) {
  const std::size_t regions = node.cell("#redistributor-regions").value_or(1);
  p.gic = {.version = 3, .distributor = first_reg(node), .cpu_interface = {}, .redistributors = {}};
  for (std::size_t i = 0; i < std::min(regions, p.gic.redistributors.size()); ++i) {
    p.gic.redistributors[i] = node.reg(1 + i).value_or(Range{});
  }
}

void take_gic_v2(Platform& p, const NodeWalk& node) {
  const Range cpu_interface = node.reg(1).value_or(Range{});
  p.gic = {.version = 2,
           .distributor = first_reg(node),
           .cpu_interface = cpu_interface,
           .redistributors = {}};
}

void take_psci(Platform& p, const NodeWalk& node) {
  const std::string_view method = node.text("method");
  if (method == "hvc") p.psci = PsciConduit::hvc;
  if (method == "smc") p.psci = PsciConduit::smc;
}

template <Range Platform::* device>
void take_device(Platform& p, const NodeWalk& node) {
  p.*device = first_reg(node);
}

/// What is known of a device; the first enabled one of a `kind` is taken.
struct Model {
  enum Kind : unsigned {
    console,
    gic,
    psci,
    rtc,
    debug_exit,
    test_registers,
    test_eventfd,
    slow,
    kinds
  };
  std::string_view compatible;
  Kind kind;
  void (*take)(Platform& p, const NodeWalk& node);
};

constexpr std::array models{
    Model{"arm,pl011", Model::console, take_pl011},
    Model{"ns16550a", Model::console, take_ns16550},
    Model{"arm,gic-v3", Model::gic, take_gic_v3},
    Model{"arm,cortex-a15-gic", Model::gic, take_gic_v2},
    Model{"arm,gic-400", Model::gic, take_gic_v2},
    Model{"arm,psci-0.2", Model::psci, take_psci},
    Model{"arm,psci-1.0", Model::psci, take_psci},
    Model{"arm,pl031", Model::rtc, take_device<&Platform::rtc>},
    Model{"takt,debug-exit", Model::debug_exit, take_device<&Platform::debug_exit>},
    Model{"takt,test-registers", Model::test_registers, take_device<&Platform::test_registers>},
    Model{"takt,test-eventfd", Model::test_eventfd, take_device<&Platform::test_eventfd>},
    Model{"takt,slow", Model::slow, take_device<&Platform::slow>},
};

const Model* model_of(const NodeWalk& node) {
  const Bytes compatible = node.property("compatible").value_or(Bytes{});
  const auto matches = [=](const Model& m) { return in_list(compatible, m.compatible); };
  const auto* const model = std::find_if(models.begin(), models.end(), matches);
  return model == models.end() ? nullptr : model;
}

/// Takes the devices that `wanted` accepts, one of each kind.
template <class Wanted>
void take_devices(const DeviceTree& tree, Platform& p, std::array<bool, Model::kinds>& taken,
                  Wanted wanted) {
  for (NodeWalk node{tree}; node.next();) {
    const Model* const model = model_of(node);
    if (model == nullptr || taken[model->kind]) continue;
    if (!node.is_enabled() || !node.is_on_cpu_bus() || !wanted(node, *model)) continue;
    taken[model->kind] = true;
    model->take(p, node);
  }
}

void take_cpus(const DeviceTree& tree, Platform& p, std::uint64_t boot_cpu) {
  for (NodeWalk node{tree}; node.next();) {
    if (node.text("device_type") != "cpu" || !node.is_enabled()) continue;
    const auto reg = node.reg(0);
    if (!reg) continue;
    ++p.cpus;
    if (!p.second_cpu && reg->base != boot_cpu) p.second_cpu = reg->base;
  }
}

}  // namespace

Platform read_platform(const DeviceTree& tree, std::uint64_t boot_cpu) {
  Platform p;
  const std::string_view stdout_node = find_stdout(tree, take_chosen(tree, p));
  std::array<bool, Model::kinds> taken{};
  take_devices(tree, p, taken, [&](const NodeWalk& node, const Model& model) {
    return model.kind == Model::console && node.is_at(stdout_node);
  });
  take_devices(tree, p, taken, [](const NodeWalk&, const Model&) { return true; });
  take_cpus(tree, p, boot_cpu);
  return p;
}

}  // namespace probe::arm64
