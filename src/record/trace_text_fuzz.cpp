// SPDX-License-Identifier: Apache-2.0
// Whatever stands in the tracer's file, its events are in order of time and made of its text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "record/trace_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto events = takt::parse_trace(text);
  if (!std::ranges::is_sorted(events, {}, &takt::HostEvent::at_ns)) std::abort();
  for (const takt::HostEvent& event : events) {
    if (!text.contains(event.name) || !text.contains(event.details)) std::abort();
    if (event.details.contains('\n') || event.thread.starts_with(' ')) std::abort();
    if (event.field("comm").size() > event.details.size()) std::abort();
  }
  return 0;
}
