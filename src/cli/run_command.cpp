// SPDX-License-Identifier: Apache-2.0
#include "cli/run_command.h"

#include <fmt/format.h>

#include <cstdio>

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
  if (outcome.ending == Ending::reset) say("takt: the guest asked for a reset");
}

Result<int> run(const RunArguments& arguments) {
  TRY(VmConfig config, configure(arguments));
  if (config.dump_tables) {
    TRY_VOID(check_config(config));
    TRY_VOID(dump_tables(config));
    return 0;
  }
  const bool print_stats = config.print_stats;
  TRY(const auto machine, Machine::create(std::move(config)));
  TRY(const Outcome outcome, machine->run());
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
