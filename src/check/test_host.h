// SPDX-License-Identifier: Apache-2.0
// Hosts for tests, built file by file: only what a test changes stands in the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "check/report.h"
#include "check/topic.h"
#include "host/test_host_dir.h"

namespace takt::check {

/// The row must exist.
[[nodiscard]] inline Row row_of(const Report& report, std::string_view name) {
  const auto it = std::ranges::find(report.rows, name, &Row::name);
  EXPECT_NE(it, report.rows.end()) << name;
  return it == report.rows.end() ? Row{} : *it;
}

/// "name: value" of the rows with this verdict.
[[nodiscard]] inline std::vector<std::string> names(const Report& report, Verdict verdict) {
  std::vector<std::string> found;
  for (const Row& row : report.rows)
    if (row.verdict == verdict) found.push_back(row.name + ": " + row.value);
  return found;
}

class TestHost : public TestHostDir {
 public:
  [[nodiscard]] Host read() const {
    auto host = recorded_host(root());
    EXPECT_TRUE(host) << (host ? "" : host.error().text);
    return host ? std::move(*host) : Host{};
  }
  [[nodiscard]] Report report(std::optional<VmConfig> vm = {}) const {
    const Host host = read();
    const auto target = target_of(host, std::move(vm));
    EXPECT_TRUE(target) << (target ? "" : target.error().text);
    return make_report(host, target.value_or(Target{}));
  }
  [[nodiscard]] Row row(std::string_view name, std::optional<VmConfig> vm = {}) const {
    return row_of(report(std::move(vm)), name);
  }
  [[nodiscard]] std::string verdict(std::string_view name, std::optional<VmConfig> vm = {}) const {
    return std::string{verdict_name(row(name, std::move(vm)).verdict)};
  }
  [[nodiscard]] std::string value(std::string_view name, std::optional<VmConfig> vm = {}) const {
    return row(name, std::move(vm)).value;
  }
  [[nodiscard]] Delivery delivery(std::string_view event) const {
    for (Delivery& d : delivery_matrix(read()))
      if (d.event == event) return d;
    ADD_FAILURE() << event;
    return {};
  }
  void each_cpu(int cpus, const std::string& file, std::string_view content) const {
    for (int cpu = 0; cpu < cpus; ++cpu)
      has("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/" + file, content);
  }
};

/// Four CPUs, 2-3 set aside, everything as it should be.
class TunedHost : public TestHost {
 public:
  TunedHost();
};

/// An Intel machine with posted interrupts and IPI virtualization.
class TunedX86 : public TunedHost {
 public:
  TunedX86();
};

/// Debian 12 as installed, on the same machine.
class UntunedX86 : public TestHost {
 public:
  UntunedX86();
};

/// GICv4, enabled, WFI not trapped.
class TunedArm64 : public TunedHost {
 public:
  TunedArm64();
};

}  // namespace takt::check
