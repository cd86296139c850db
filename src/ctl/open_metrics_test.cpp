// SPDX-License-Identifier: Apache-2.0
#include "ctl/open_metrics.h"

#include <gtest/gtest.h>

#include "ctl/fake_vm.h"

namespace takt::ctl {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(OpenMetrics, BucketsCountWhatIsNotAboveTheirBoundInSeconds) {
  const std::string text = to_open_metrics(some_statistics());
  const std::string bucket =
      R"(takt_duration_seconds_bucket{vm="fake",vcpu="vcpu0",kind="pio",le=)";
  EXPECT_TRUE(has_line(text, bucket + R"("2.56e-07"} 0)")) << text;
  EXPECT_TRUE(has_line(text, bucket + R"("5.12e-07"} 2)")) << text;
  EXPECT_TRUE(has_line(text, bucket + R"("8.192e-06"} 3)")) << text;
  EXPECT_TRUE(has_line(text, bucket + R"("+Inf"} 3)")) << text;
}

TEST(OpenMetrics, CountersAreTotals) {
  const std::string text = to_open_metrics(some_statistics());
  EXPECT_TRUE(has_line(text, "# TYPE takt_thread_run_delay_seconds counter"));
  EXPECT_TRUE(
      has_line(text, R"(takt_thread_run_delay_seconds_total{vm="fake",thread="vcpu0"} 2.5e-06)"))
      << text;
}

TEST(OpenMetrics, EndsWithItsEndMark) {
  EXPECT_TRUE(to_open_metrics(FakeVm{}.counted).ends_with("\n# EOF\n"));
}

TEST(OpenMetrics, ANameWithQuotesStaysOneLabel) {
  Statistics all = some_statistics();
  all.threads[0].effective.name = "a\"b\\c";
  EXPECT_NE(to_open_metrics(all).find(R"(thread="a\"b\\c")"), std::string::npos);
}

}  // namespace
}  // namespace takt::ctl
