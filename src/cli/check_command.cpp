// SPDX-License-Identifier: Apache-2.0
#include "cli/check_command.h"

#include <fmt/format.h>
#include <unistd.h>

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

Result<> print(std::string_view text) {
  const bool all = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (!all || std::fflush(stdout) != 0) return sys_error("write the report");
  return {};
}

Result<int> record_host(const std::string& directory) {
  TRY(const std::size_t files, check::record(check::this_host(), directory));
  TRY_VOID(print(
      fmt::format("{} files in {}; look through them before you send them\n", files, directory)));
  return 0;
}

Result<int> check_host(const CheckArguments& arguments) {
  if (arguments.record && (arguments.root || arguments.vm_file || arguments.json))
    return usage_error("record: goes without --root, --for and --json");
  std::optional<VmConfig> vm;
  if (arguments.vm_file) {
    vm.emplace();
    TRY_VOID(load_config(*vm, *arguments.vm_file));
  }
  if (arguments.record) return record_host(*arguments.record);
  auto host = arguments.root ? check::recorded_host(*arguments.root)
                             : Result<check::Host>{check::this_host()};
  if (!host) return std::unexpected(std::move(host.error()));
  TRY(const check::Target target, check::target_of(*host, std::move(vm)));
  const check::Report report = check::make_report(*host, target);
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
