// SPDX-License-Identifier: Apache-2.0
#include "vm/devices.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "vm/config_schema.h"

namespace takt {
namespace {

VmConfig with_test_device() {
  VmConfig config;
  EXPECT_TRUE(set_option(config, "testdev", "true"));
  return config;
}

TEST(Devices, ADeviceIsServedAsTheBoardProposes) {
  const auto setting = device_setting({}, "uart");
  EXPECT_EQ(setting.server, "console");
  EXPECT_EQ(setting.access, AccessPolicy::lock);
  EXPECT_EQ(device_name({}, setting.id), "uart");
}

TEST(Devices, TheUserMayDecideOtherwise) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "device", "uart:server=fast,access=server"));
  const auto setting = device_setting(config, "uart");
  EXPECT_EQ(setting.server, "fast");
  EXPECT_EQ(setting.access, AccessPolicy::server);
  EXPECT_TRUE(std::ranges::count(server_names(config), "fast"));
  EXPECT_TRUE(check_devices(config));
}

TEST(Devices, AServerWithoutADeviceIsRefused) {
  VmConfig config = with_test_device();
  EXPECT_TRUE(std::ranges::count(server_names(config), "slow"));
  ASSERT_TRUE(set_option(config, "device", "slow:server=console"));
  EXPECT_FALSE(std::ranges::count(server_names(config), "slow"));
  ASSERT_TRUE(set_option(config, "server", "slow:cpu=0"));
  const auto checked = check_devices(config);
  ASSERT_FALSE(checked);
  EXPECT_TRUE(checked.error().text.starts_with(
      "server slow: no device is assigned to it; servers are console"))
      << checked.error().text;
}

TEST(Devices, ADeviceThatTheVmDoesNotHaveIsRefused) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "device", "slow:access=lock"));
  const auto checked = check_devices(config);
  ASSERT_FALSE(checked);
  EXPECT_TRUE(
      checked.error().text.starts_with("device slow: this VM has no such device; it has uart"))
      << checked.error().text;
}

TEST(Devices, WordsThatAreNotAllowedAreNamed) {
  VmConfig config;
  EXPECT_EQ(set_option(config, "device", "uart:access=fast").error().text,
            "device = 'uart:access=fast': allowed are lock, server");
  EXPECT_EQ(set_option(config, "device", "uart:cpu=1").error().text,
            "device = 'uart:cpu=1': unknown key 'cpu'; allowed are server, access");
  EXPECT_FALSE(set_option(config, "device", "uart"));
}

TEST(Devices, NoDeviceHasNoName) {
  EXPECT_EQ(device_name({}, {}), "");
  EXPECT_EQ(device_name({}, DeviceId{0xffff}), "");
}

}  // namespace
}  // namespace takt
