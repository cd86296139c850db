// SPDX-License-Identifier: Apache-2.0
// What the client reads: a reply, and the JSON in it. Whatever answers on a socket may be anybody.
#include <cstddef>
#include <cstdint>

#include "ctl/client.h"
#include "ctl/stat_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto reply = takt::ctl::parse_reply(text)) (void)takt::ctl::error_of(*reply);
  (void)takt::ctl::stat_text(text, text);
  return 0;
}
