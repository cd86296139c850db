// SPDX-License-Identifier: Apache-2.0
// The command line. CLI11 throws; nothing it throws leaves this file.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <commit.h>  // made by cmake/version.cmake

#include "base/result.h"
#include "cli/run_command.h"
#include "vm/config_schema.h"

namespace {

constexpr const char* run_footer = R"(Exit status:
  0 power-off or Ctrl-A x   1 the host lacks something   2 wrong usage
  4 reset   6 the guest crashed   8 KVM internal error   128+N ended by signal N
  (V << 1) | 1 when the guest writes V to its debug-exit register)";

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
    if (option.kind == takt::OptionKind::list)
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

int print_parse_error(const CLI::ParseError& error) {
  takt::say(fmt::format("takt: {} (see takt run --help)", takt::one_line(error.what())));
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
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return print_parse_error(error);
  }
  return takt::run_command(arguments);
}
