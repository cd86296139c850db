// SPDX-License-Identifier: Apache-2.0
// Any text as a bundle: it is refused, or explained. What was read is written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "record/bundle_json.h"
#include "record/explain.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bundle = takt::parse_bundle({reinterpret_cast<const char*>(data), size});
  if (!bundle) return 0;
  if (takt::explain(*bundle).text.empty()) std::abort();
  (void)takt::time_line(*bundle);
  if (!takt::parse_bundle(takt::to_json(*bundle))) std::abort();
  return 0;
}
