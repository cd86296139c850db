// SPDX-License-Identifier: Apache-2.0
#include "cli/config_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "vm/config_schema.h"
#include "vm/preflight.h"

namespace takt {
namespace {

Result<> check_file(const std::string& file, const PreflightFacts& facts) {
  VmConfig config;
  TRY_VOID(load_config(config, file));
  auto checked = check_config(config);
  if (checked) checked = judge(config, preflight(config, facts));
  if (!checked) return in_context(file, checked.error());
  return {};
}

}  // namespace

int config_check_command(const std::vector<std::string>& files) {
  const PreflightFacts facts = preflight_facts();
  int status = 0;
  for (const std::string& file : files) {
    if (const auto checked = check_file(file, facts)) {
      fmt::print("{}: ok\n", one_line(file));
    } else {
      say(fmt::format("takt: {}", one_line(checked.error().text)));
      status = 2;
    }
  }
  return std::fflush(stdout) == 0 ? status : 1;
}

}  // namespace takt
