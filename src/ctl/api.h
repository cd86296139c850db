// SPDX-License-Identifier: Apache-2.0
// What may be asked of a VM over HTTP, and the answers. No socket and no HTTP library here: a
// request is a method and a path.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "vm/outcome.h"
#include "vm/statistics.h"

namespace takt::ctl {

/// The VM as the control socket sees it; one thread at a time.
class ControlledVm {
 public:
  virtual ~ControlledVm() = default;
  [[nodiscard]] virtual bool is_paused() const = 0;
  [[nodiscard]] virtual Result<> pause() = 0;
  virtual void resume() = 0;
  /// False on a machine without.
  [[nodiscard]] virtual bool press_power_button() = 0;
  virtual void end(Outcome outcome) = 0;
  /// JSON object: what is in force.
  [[nodiscard]] virtual Result<std::string> info() const = 0;
  [[nodiscard]] virtual Statistics statistics() const = 0;
  /// Trace-event JSON of the last moments (record/perfetto.h).
  [[nodiscard]] virtual std::string trace(std::uint64_t last_ns) const = 0;
  /// Publishes the dispatch tables anew; false on a VM without --testdev.
  [[nodiscard]] virtual bool republish() = 0;
  /// Bytes of guest RAM.
  [[nodiscard]] virtual std::uint64_t memory() const = 0;
  /// How many bytes of it the guest shall give; false on a VM without --balloon.
  [[nodiscard]] virtual bool set_balloon(std::uint64_t bytes) = 0;
};

struct Request {
  std::string_view method;
  std::string_view target;
};

struct Response {
  unsigned status = 200;  // RFC 9110, 15
  std::string_view type = "application/json";
  std::string body = {};
  std::string_view allow = {};            // of a 405: what is allowed
  std::function<void()> afterwards = {};  // once the answer has been sent
};

[[nodiscard]] Response answer(ControlledVm& vm, const Request& request);
/// {"error": text}
[[nodiscard]] Response error_response(unsigned status, std::string_view text);

}  // namespace takt::ctl
