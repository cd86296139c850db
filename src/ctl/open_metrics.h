// SPDX-License-Identifier: Apache-2.0
// The statistics of a VM in the text format of OpenMetrics 1.0.0, as Prometheus reads it.
#pragma once

#include <string>
#include <string_view>

#include "vm/statistics.h"

namespace takt::ctl {

inline constexpr std::string_view open_metrics_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Durations in seconds. A histogram has a bucket for each doubling from 256 ns to 17 s.
[[nodiscard]] std::string to_open_metrics(const Statistics& statistics);

}  // namespace takt::ctl
