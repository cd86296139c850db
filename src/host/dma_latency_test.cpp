// SPDX-License-Identifier: Apache-2.0
#include "host/dma_latency.h"

#include <gtest/gtest.h>

#include <cstring>

#include "host/test_host_dir.h"

namespace takt {
namespace {

constexpr const char* driver = "sys/devices/system/cpu/cpuidle/current_driver";

TEST(DmaLatency, WritesFourBytesAndHoldsTheDeviceOpen) {
  const TestHostDir host;
  host.has(driver, "intel_idle\n");
  host.has("dev/cpu_dma_latency", "");
  const auto fd = hold_dma_latency(20, host.root());
  ASSERT_TRUE(fd);
  EXPECT_TRUE(*fd);
  const auto bytes = HostFiles{host.root()}.read("dev/cpu_dma_latency");
  ASSERT_TRUE(bytes);
  std::int32_t us = 0;
  ASSERT_EQ(bytes->size(), sizeof us);
  std::memcpy(&us, bytes->data(), sizeof us);
  EXPECT_EQ(us, 20);
}

TEST(DmaLatency, AHostWithoutTheDeviceOrIdleStatesHasNothingToHold) {
  const TestHostDir host;
  EXPECT_FALSE(hold_dma_latency(0, host.root()).value());
  host.has(driver, "none\n");
  host.has("dev/cpu_dma_latency", "");
  EXPECT_FALSE(hold_dma_latency(0, host.root()).value());
  host.has(driver, "acpi_idle\n");
  host.lacks("dev/cpu_dma_latency");
  EXPECT_FALSE(hold_dma_latency(0, host.root()).value());
}

TEST(DmaLatency, ARefusalComesWithItsRemedy) {
  const TestHostDir host;
  host.has(driver, "acpi_idle\n");
  host.has("dev/cpu_dma_latency/is_a_directory", "");  // refused to root, too
  const auto fd = hold_dma_latency(0, host.root());
  ASSERT_FALSE(fd);
  EXPECT_NE(fd.error().text.find("run takt as root"), std::string::npos) << fd.error().text;
}

}  // namespace
}  // namespace takt
