// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a configuration file, reading it ends in a configuration or in one line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vm/config_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  takt::VmConfig config;
  const auto r = takt::parse_config(config, {reinterpret_cast<const char*>(data), size}, "vm.toml");
  if (!r && r.error().text.empty()) std::abort();
  if (!r && r.error().blame != takt::Blame::usage) std::abort();
  return 0;
}
