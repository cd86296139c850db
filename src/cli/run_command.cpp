// SPDX-License-Identifier: Apache-2.0
#include "cli/run_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "ctl/machine_vm.h"
#include "ctl/server.h"
#include "vm/board.h"
#include "vm/config_schema.h"
#include "vm/machine.h"

namespace takt {
namespace {

Result<VmConfig> configure(const RunArguments& arguments) {
  VmConfig config;
  if (arguments.file) TRY_VOID(load_config(config, *arguments.file));
  for (const auto& [key, value] : arguments.options) TRY_VOID(set_option(config, key, value));
  return config;
}

void tell_ending(const Machine& machine, Outcome outcome) {
  if (!machine.failure().empty()) say(fmt::format("takt: {}", machine.failure()));
  if (outcome.ending == Ending::reset)
    say(outcome.value == reset_by_user ? "takt: a reset was asked for"
                                       : "takt: the guest asked for a reset");
}

/// Null when the VM is not to be controlled.
Result<std::unique_ptr<ctl::Server>> create_control(const std::optional<std::string>& path,
                                                    ctl::ControlledVm& vm) {
  if (!path) return nullptr;
  TRY(ctl::ListeningSocket socket, ctl::ListeningSocket::create(*path));
  return ctl::Server::create(std::move(socket), vm);
}

/// The VM with its control socket, from start to end.
Result<Outcome> run_controlled(Machine& machine, const std::optional<std::string>& path) {
  ctl::MachineVm vm{machine};
  TRY(const auto control, create_control(path, vm));
  if (control)
    machine.set_observer(
        {.name = "ctl", .body = [&] { control->serve(); }, .stop = [&] { control->stop(); }});
  auto outcome = machine.run();
  machine.stop_observer();
  return outcome;
}

Result<int> run(const RunArguments& arguments) {
  TRY(VmConfig config, configure(arguments));
  if (config.dump_tables) {
    TRY_VOID(check_config(config));
    TRY_VOID(dump_tables(config));
    return 0;
  }
  const bool print_stats = config.print_stats;
  TRY(const std::optional<std::string> control, ctl::socket_path(config));
  TRY(const auto machine, Machine::create(std::move(config)));
  TRY(const Outcome outcome, run_controlled(*machine, control));
  tell_ending(*machine, outcome);
  if (print_stats) say(machine->statistics());
  return exit_status(outcome);
}

}  // namespace

int run_command(const RunArguments& arguments) {
  const auto status = run(arguments);
  if (status) return *status;
  say(fmt::format("takt: {}", one_line(status.error().text)));
  return status.error().blame == Blame::usage ? 2 : 1;
}

}  // namespace takt
