// SPDX-License-Identifier: Apache-2.0
#include "kvm/irq_line.h"

#include "base/cycles.h"
#include "record/thread_recorder.h"

namespace takt::kvm {

void IrqLine::drive(bool level) RT {
  const std::uint64_t begin = cycles();
  vm_.set_irq_line(gsi_, level);
  put_record({.at = begin,
              .address = gsi_.raw(),
              .took = took_cycles(begin, cycles()),
              .kind = RecordKind::irq,
              .detail = level});
}

}  // namespace takt::kvm
