// SPDX-License-Identifier: Apache-2.0
#include "cli/check_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "check/record.h"
#include "check/report.h"
#include "vm/config_schema.h"

namespace takt {
namespace {

/// https://no-color.org
bool wants_colour() {
  const char* off = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (off != nullptr && *off != '\0') return false;
  if (terminal == nullptr || std::string_view{terminal} == "dumb") return false;
  return ::isatty(STDOUT_FILENO) == 1;
}

/// A reader that leaves, as `head` does, has what it wanted.
Result<> print(std::string_view text) {
  const bool all = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if ((all && std::fflush(stdout) == 0) || errno == EPIPE) return {};
  return sys_error("write the report");
}

Result<int> record_host(check::Host host, const std::string& directory) {
  TRY(const std::size_t files, check::record(std::move(host), directory));
  TRY_VOID(print(
      fmt::format("{} files in {}; look through them before you send them\n", files, directory)));
  return 0;
}

Result<check::Host> host_of(const CheckArguments& arguments) {
  return arguments.root ? check::recorded_host(*arguments.root) : check::this_host();
}

/// The error names the file, as those of its lines do.
Result<check::Target> target_of(const check::Host& host, const CheckArguments& arguments) {
  if (!arguments.vm_file) return check::target_of(host, {});
  VmConfig vm;
  TRY_VOID(load_config(vm, *arguments.vm_file));
  auto target = check::target_of(host, std::move(vm));
  if (!target) target.error().text = fmt::format("{}: {}", *arguments.vm_file, target.error().text);
  return target;
}

Result<int> check_host(const CheckArguments& arguments) {
  if (arguments.record && (arguments.vm_file || arguments.json))
    return usage_error("record: goes without --for and --json");
  TRY(check::Host host, host_of(arguments));
  if (arguments.record) return record_host(std::move(host), *arguments.record);
  TRY(const check::Target target, target_of(host, arguments));
  const check::Report report = check::make_report(host, target);
  TRY_VOID(print(arguments.json ? to_json(report) : to_text(report, wants_colour())));
  return report.status();
}

}  // namespace

int check_command(const CheckArguments& arguments) {
  const auto status = check_host(arguments);
  if (status) return *status;
  say(fmt::format("takt: {}", one_line(status.error().text)));
  return status.error().blame == Blame::usage ? 2 : 1;
}

}  // namespace takt
