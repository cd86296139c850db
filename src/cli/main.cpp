// SPDX-License-Identifier: Apache-2.0
// The command line. CLI11 throws; nothing it throws leaves this file.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <commit.h>  // made by cmake/version.cmake

#include "base/result.h"
#include "cli/blame_command.h"
#include "cli/check_command.h"
#include "cli/config_command.h"
#include "cli/control_command.h"
#include "cli/run_command.h"
#include "cli/trace_command.h"
#include "ctl/client.h"
#include "vm/config_schema.h"

namespace {

constexpr const char* run_footer = R"(Exit status:
  0 power-off or Ctrl-A x   1 the host lacks something   2 wrong usage
  4 reset   6 the guest crashed   8 KVM internal error   128+N ended by signal N
  (V << 1) | 1 when the guest writes V to its debug-exit register)";

constexpr const char* check_footer = R"(Exit status:
  0 nothing fails   1 at least one FAIL   2 wrong usage)";

constexpr const char* config_check_footer = R"(Exit status:
  0 all files are good for this host   2 one is not, or wrong usage)";
constexpr const char* control_footer = R"(Exit status:
  0 done   1 the VM refuses, or does not answer   2 wrong usage, or no such VM)";

constexpr int usage_status = 2;

/// One CLI11 option for each row of the schema; what is given is collected in order.
void add_options(CLI::App& run, takt::RunArguments& arguments) {
  for (const takt::Option& option : takt::config_options()) {
    const std::string key{option.key};
    const std::string flag = "--" + key;
    if (option.kind == takt::OptionKind::flag) {
      run.add_flag_callback(
          flag, [&arguments, key] { arguments.options.emplace_back(key, "true"); },
          std::string{option.help});
      continue;
    }
    const auto collect = [&arguments, key](const std::string& value) {
      arguments.options.emplace_back(key, value);
    };
    auto* added = run.add_option_function<std::string>(flag, collect, std::string{option.help});
    added->type_name(std::string{option.placeholder})->trigger_on_parse()->take_last();
    if (option.kind == takt::OptionKind::list || option.kind == takt::OptionKind::lines)
      added->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
}

/// A descriptor that we open must not become number 0, 1 or 2 by accident: the guest's console
/// would be wired to it.
void open_standard_descriptors() {
  while (true) {
    const int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd > STDERR_FILENO) {
      ::close(fd);
      return;
    }
    if (fd < 0) return;
  }
}

void add_check_options(CLI::App& check, takt::CheckArguments& arguments) {
  check.add_flag("--json", arguments.json, "the report as JSON");
  check
      .add_option("--for", arguments.vm_file,
                  "check what this VM would use: its CPUs, memory, priorities")
      ->type_name("VM.TOML");
  check.add_option("--root", arguments.root, "check a recorded host instead of this one")
      ->type_name("DIR");
  check
      .add_option("--record", arguments.record,
                  "copy what check reads of the host into a new directory")
      ->type_name("DIR");
}

/// `takt config check FILE...`
CLI::App* add_config_check(CLI::App& app, std::vector<std::string>& files) {
  CLI::App* config = app.add_subcommand("config", "Look at configuration files");
  config->require_subcommand(1);
  CLI::App* check = config->add_subcommand(
      "check", "Read and check configuration files as `takt run` would, and start nothing");
  check->footer(config_check_footer);
  check->add_option("file", files, "configuration files (TOML)")->type_name("VM.TOML")->required();
  return check;
}

struct ControlCommand {
  takt::ControlVerb verb;
  const char* name;
  const char* help;
};

constexpr std::array control_commands{
    ControlCommand{takt::ControlVerb::list, "list", "Names of the running VMs"},
    ControlCommand{takt::ControlVerb::stat, "stat", "What a running VM has counted"},
    ControlCommand{takt::ControlVerb::top, "top", "The same each second, until q"},
    ControlCommand{takt::ControlVerb::pause, "pause", "Make a running VM stand still"},
    ControlCommand{takt::ControlVerb::resume, "resume", "Let a paused VM go on"},
    ControlCommand{takt::ControlVerb::shutdown, "shutdown", "Press a VM's power button"},
    ControlCommand{takt::ControlVerb::reset, "reset", "End a VM as a reset does, exit status 4"},
    ControlCommand{takt::ControlVerb::api, "api",
                   "Any request of the control socket, as curl would"},
};

void add_api_options(CLI::App& api, takt::ControlArguments& arguments) {
  api.add_option("method", arguments.method, "GET or PUT")->required();
  api.add_option("target", arguments.target, "such as /api/v1/vm.stat")->required();
  api.add_option("--every", arguments.every,
                 "again after this time, such as 10ms, until the VM ends")
      ->type_name("TIME");
}

CLI::App* add_trace(CLI::App& app, takt::TraceArguments& arguments) {
  CLI::App* trace =
      app.add_subcommand("trace", "What a running VM did in its last moments, as a picture");
  trace->footer(control_footer);
  trace->add_option("name", arguments.name, "the VM's --name, or its socket's path")
      ->type_name("NAME")
      ->required();
  trace->add_option("--last", arguments.last, "how far back: 5s (default), 250ms")
      ->type_name("TIME");
  trace->add_option("-o,--output", arguments.output, "file to write (default trace.json)")
      ->type_name("FILE");
  return trace;
}

/// In the order of control_commands.
std::vector<CLI::App*> add_control_commands(CLI::App& app, takt::ControlArguments& arguments) {
  std::vector<CLI::App*> added;
  for (const ControlCommand& command : control_commands) {
    CLI::App* sub = added.emplace_back(app.add_subcommand(command.name, command.help));
    sub->footer(control_footer);
    if (command.verb != takt::ControlVerb::list)
      sub->add_option("name", arguments.name, "the VM's --name, or its socket's path")
          ->type_name("NAME")
          ->required();
    if (command.verb == takt::ControlVerb::stat)
      sub->add_flag("--json", arguments.json, "all of it, as JSON");
    if (command.verb == takt::ControlVerb::shutdown)
      sub->add_flag("--force", arguments.force, "end the VM at once, whatever the guest does");
    if (command.verb == takt::ControlVerb::api) add_api_options(*sub, arguments);
  }
  return added;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  return names;
}

/// The first argument when it is meant to be a command and is none.
std::optional<std::string> unknown_command(const CLI::App& app, int argc, char** argv) {
  const std::string word = argc > 1 ? argv[1] : "-";
  const auto names = command_names(app);
  if (word.starts_with('-') || std::ranges::find(names, word) != names.end()) return std::nullopt;
  return word;
}

int print_parse_error(const CLI::ParseError& error, const CLI::App& app) {
  const auto used = app.get_subcommands();
  const std::string command = used.empty() ? "run" : used.front()->get_name();
  takt::say(fmt::format("takt: {} (see takt {} --help)", takt::one_line(error.what()), command));
  return usage_status;
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that left is no reason to leave the terminal raw
  CLI::App app{"takt: a virtual machine monitor that keeps time"};
  app.set_version_flag("--version", "takt " TAKT_VERSION " (" TAKT_COMMIT ")");
  app.require_subcommand(1);
  CLI::App* run = app.add_subcommand("run", "Run a virtual machine");
  run->footer(run_footer);
  takt::RunArguments arguments;
  run->add_option("file", arguments.file,
                  "configuration file (TOML); its keys are the options' names")
      ->type_name("VM.TOML");
  add_options(*run, arguments);
  CLI::App* check = app.add_subcommand("check", "Is this host fit for real time?");
  check->footer(check_footer);
  takt::CheckArguments check_arguments;
  add_check_options(*check, check_arguments);
  std::vector<std::string> config_files;
  const CLI::App* config_check = add_config_check(app, config_files);
  takt::ControlArguments control_arguments;
  const auto controls = add_control_commands(app, control_arguments);
  takt::TraceArguments trace_arguments;
  const CLI::App* trace = add_trace(app, trace_arguments);
  CLI::App* blame = app.add_subcommand("blame", "Why was a latency budget missed?");
  std::string bundle;
  blame->add_option("file", bundle, "bundle that a VM with a budget has written")
      ->type_name("BUNDLE.JSON")
      ->required();
  if (const auto word = unknown_command(app, argc, argv)) {
    takt::say(fmt::format("takt: unknown command '{}'; commands are {}", takt::one_line(*word),
                          fmt::join(command_names(app), ", ")));
    return usage_status;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return print_parse_error(error, app);
  }
  if (config_check->parsed()) return takt::config_check_command(config_files);
  for (std::size_t n = 0; n < controls.size(); ++n)
    if (controls[n]->parsed())
      return takt::control_command(control_commands[n].verb, control_arguments);
  if (trace->parsed())
    return takt::trace_command(trace_arguments, [](const auto& name, const auto& target) {
      return takt::ctl::request(name, "GET", target);
    });
  if (blame->parsed()) return takt::blame_command(bundle);
  return check->parsed() ? takt::check_command(check_arguments) : takt::run_command(arguments);
}
