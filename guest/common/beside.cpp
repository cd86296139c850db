// SPDX-License-Identifier: Apache-2.0
// Something to do for the second CPU that is as hard on the VMM as a guest can be: jobs for a slow
// device in each way that there is, and a console that is never silent.
#include "common/beside.h"

#include <atomic>

#include "common/machine.h"
#include "common/slow_device.h"
#include "common/wait.h"

namespace probe {
namespace {

enum class State : std::uint8_t { idle, working, stopping, stopped };
constinit std::atomic<State> state{State::idle};
constinit Beside what;
constinit std::uint64_t job_ns = 0;
constinit machine::Event never{0};

void hammer(const SlowDevice& slow) {
  for (int n = 0; n < 4; ++n) slow.post();
  slow.ring();
  slow.ask();
}

void second_cpu() {
  const SlowDevice slow{machine::slow_device()};
  if (what.slow) slow.set_ns(job_ns);
  while (state.load() == State::working) {
    if (what.slow) hammer(slow);
    if (what.console)
      machine::write_console("beside: the quick brown fox jumps over the lazy dog\r\n");
  }
  state.store(State::stopped);
  while (true) machine::halt_until(never);
}

bool stopped() { return state.load() == State::stopped; }

}  // namespace

std::string_view start_beside(const Options& options) {
  if (!options.beside.any()) return {};
  what = options.beside;
  job_ns = options.slow_us * 1000;
  const std::uintptr_t slow = machine::slow_device();
  if (what.slow && (slow == 0 || !SlowDevice{slow}.answers())) return "no slow device";
  state.store(State::working);
  return machine::start_second_cpu(second_cpu) ? "" : "one cpu";
}

void stop_beside() {
  if (state.load() != State::working) return;
  state.store(State::stopping);
  rest_until(stopped, machine::lost_after());
}

}  // namespace probe
