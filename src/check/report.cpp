// SPDX-License-Identifier: Apache-2.0
#include "check/report.h"

#include <algorithm>

#include "check/topic.h"

namespace takt::check {

std::size_t Report::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::ranges::count(rows, verdict, &Row::verdict));
}

Report make_report(const Host& host, const Target& target) {
  Report report{.machine = printable(host.machine, 20),
                .kernel = printable(host.files.line("proc/sys/kernel/osrelease").value_or("?"), 80),
                .cpus = target.cpus.text(),
                .origin = printable(target.origin),
                .rows = all_rows(host, target),
                .delivery = delivery_matrix(host)};
  for (Delivery& d : report.delivery) d.note = printable(d.note);
  return report;
}

}  // namespace takt::check
