// SPDX-License-Identifier: Apache-2.0
#include "vm/pci_config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "vm/config_schema.h"
#include "vm/devices.h"
#include "vm/pci_devices.h"

namespace takt {
namespace {

std::string error_of(Result<> result) { return result ? "" : result.error().text; }

TEST(PciConfig, ANetworkCardIsReadFromItsKeys) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "net", "lan:model=e1000,tap=tap0,mac=52:54:00:12:34:56"));
  const NetOptions& net = config.nets.at("lan");
  EXPECT_EQ(net.model, NetModel::e1000);
  EXPECT_EQ(net.tap, "tap0");
  EXPECT_EQ(net.mac, (MacAddress{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}));
}

TEST(PciConfig, AFileHasATableForEachDevice) {
  VmConfig config;
  ASSERT_TRUE(
      parse_config(config,
                   "port = [\"log:file:guest.log\"]\n[net.lan]\ntap = \"tap0\"\nqueues = 2\n"
                   "[disk.root]\npath = \"a,b.img\"\nreadonly = true\niops = 500\n",
                   "vm.toml"));
  EXPECT_EQ(config.nets.at("lan").queues, 2u);
  EXPECT_EQ(config.disks.at("root").path, "a,b.img");
  EXPECT_TRUE(config.disks.at("root").readonly);
  EXPECT_EQ(config.disks.at("root").iops, 500u);
  EXPECT_EQ(config.ports.at("log").kind, ConsoleKind::file);
}

TEST(PciConfig, MistakesAreNamed) {
  VmConfig config;
  EXPECT_EQ(error_of(set_option(config, "net", "lan:model=rtl8139")),
            "net = 'lan:model=rtl8139': allowed are virtio, e1000");
  EXPECT_EQ(error_of(set_option(config, "net", "lan:speed=9")),
            "net = 'lan:speed=9': unknown key 'speed'; allowed are model, tap, passt, socket, mac, "
            "queues, vhost, server, access");
  EXPECT_EQ(error_of(set_option(config, "net", "lan:mac=53:54:00:12:34:56")),
            "net = 'lan:mac=53:54:00:12:34:56': allowed are addresses of one card such as "
            "52:54:00:12:34:56");
  EXPECT_FALSE(set_option(config, "net", "lan:mac=52-54-00-12-34-56"));
  EXPECT_FALSE(set_option(config, "disk", "root:bps=fast"));
}

TEST(PciConfig, WhatDoesNotFitTogetherIsRefused) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "disk", "root:readonly=on"));
  EXPECT_EQ(error_of(check_devices(config)), "disk root: path = names the file or block device");
  config.disks.clear();
  ASSERT_TRUE(set_option(config, "net", "lan:tap=tap0,socket=/x"));
  EXPECT_EQ(error_of(check_devices(config)),
            "net lan: tap, passt and socket are different ways out; give one");
  config.nets.clear();
  ASSERT_TRUE(set_option(config, "net", "lan:socket=/x,vhost=on"));
  EXPECT_EQ(error_of(check_devices(config)), "net lan: vhost = on needs model = virtio and a tap");
  config.nets.clear();
  ASSERT_TRUE(set_option(config, "net", "lan:model=e1000,tap=t,queues=2"));
  EXPECT_FALSE(check_devices(config));
}

TEST(PciConfig, PasstIsStartedWithWhatTheUserSays) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "net", "lan:passt=on"));
  EXPECT_TRUE(config.nets["lan"].passt->empty());
  ASSERT_TRUE(set_option(config, "net", "lan:passt=-t 2222:22 --ipv4-only,model=e1000"));
  EXPECT_EQ(*config.nets["lan"].passt, (std::vector<std::string>{"-t", "2222:22", "--ipv4-only"}));
  EXPECT_TRUE(check_devices(config));
  EXPECT_EQ(error_of(set_option(config, "net", "lan:passt=off")),
            "net = 'lan:passt=off': allowed are on, and options of passt such as \"-t 2222:22\"");
  ASSERT_TRUE(set_option(config, "net", "lan:tap=tap0"));
  EXPECT_FALSE(check_devices(config));
}

TEST(PciConfig, SocketsHaveAnAddressAndAPath) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "vsock", "cid=42,socket=/run/vm.vsock,server=slow"));
  EXPECT_TRUE(check_devices(config));
  EXPECT_EQ(config.vsock->cid, 42u);
  EXPECT_EQ(config.vsock->socket, "/run/vm.vsock");
  EXPECT_EQ(pci_devices(config).back().kind, PciKind::vsock);
  EXPECT_EQ(device_setting(config, "vsock").server, "slow");
}

TEST(PciConfig, SocketsWithoutAnAddressOrAPathAreRefused) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "vsock", "socket=/run/vm.vsock"));
  EXPECT_EQ(error_of(check_devices(config)),
            "vsock: cid = is the guest's address, from 3, such as cid=3");
  config.vsock = {{.cid = 3}};
  EXPECT_EQ(error_of(check_devices(config)),
            "vsock: socket = is the path of the host's end, such as socket=vm.vsock");
  EXPECT_EQ(error_of(set_option(config, "vsock", "cid=2")),
            "vsock = 'cid=2': allowed are whole numbers from 3 to 4294967294");
  EXPECT_FALSE(set_option(config, "vsock", "cid=4294967295"));
  EXPECT_EQ(error_of(set_option(config, "vsock", "port=1")),
            "vsock = 'port=1': unknown key 'port'; allowed are cid, socket, server, access");
}

TEST(PciConfig, ANameThatIsTakenIsRefused) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "net", "uart:tap=tap0"));
  EXPECT_TRUE(error_of(check_devices(config)).starts_with("device uart: two devices"));
  config.nets.clear();
  ASSERT_TRUE(set_option(config, "net", "x:tap=tap0"));
  ASSERT_TRUE(set_option(config, "disk", "x:path=f"));
  EXPECT_TRUE(error_of(check_devices(config)).starts_with("device x: two devices"));
}

TEST(PciConfig, DevicesHaveSlotsFrom1AndServersThatTheUserMayChange) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "net", "lan:tap=tap0"));
  ASSERT_TRUE(set_option(config, "disk", "root:path=f"));
  ASSERT_TRUE(set_option(config, "net", "lan:server=fast"));
  const auto devices = pci_devices(config);
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_EQ(devices[0].slot, 1u);
  EXPECT_EQ(devices[1].name, "root");
  EXPECT_EQ(device_setting(config, "lan").server, "fast");
  EXPECT_EQ(device_setting(config, "root").server, "disk");
  EXPECT_EQ(device_setting(config, "root").access, AccessPolicy::server);
  EXPECT_EQ(device_name(config, device_setting(config, "root").id), "root");
  EXPECT_TRUE(check_devices(config));
}

TEST(PciConfig, VirtioDevicesMayBeInWindowsAndTheE1000IsOnPciAllTheSame) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "virtio", "mmio"));
  ASSERT_TRUE(set_option(config, "net", "lan:tap=tap0"));
  ASSERT_TRUE(set_option(config, "net", "old:model=e1000,tap=tap1"));
  ASSERT_TRUE(set_option(config, "disk", "root:path=f"));
  const auto devices = pci_devices(config);
  ASSERT_EQ(devices.size(), 3u);
  EXPECT_TRUE(devices[0].mmio && devices[2].mmio);
  EXPECT_EQ(devices[0].slot, 0u);
  EXPECT_EQ(devices[2].slot, 1u);
  EXPECT_FALSE(devices[1].mmio);
  EXPECT_EQ(devices[1].slot, 1u);
  EXPECT_EQ(count_mmio(config), 2u);
  EXPECT_EQ(count_pci(config), 1u);
  EXPECT_EQ(error_of(set_option(config, "virtio", "isa")), "virtio = 'isa': allowed are pci, mmio");
}

TEST(PciConfig, ALimitOfRandomBytesIsOfADeviceThatIsThere) {
  VmConfig config;
  ASSERT_TRUE(set_option(config, "rng-limit", "64K"));
  EXPECT_EQ(config.rng_limit, 64u << 10);
  EXPECT_EQ(error_of(check_devices(config)), "rng-limit: there is no rng (--rng, or rng = true)");
  config.rng = true;
  EXPECT_TRUE(check_devices(config));
  EXPECT_EQ(error_of(set_option(config, "rng-limit", "much")),
            "rng-limit = 'much': allowed are numbers per second such as 500, 64K or 10M; 0 is no "
            "limit");
}

TEST(PciConfig, ThereIsNoPciWithoutADeviceOnIt) {
  VmConfig config;
  config.virtio_mmio = true;
  config.rng = true;
  EXPECT_TRUE(check_devices(config));
  EXPECT_EQ(count_pci(config), 0u);
  config.devices["pci"].server = "console";
  EXPECT_FALSE(check_devices(config));
}

TEST(PciConfig, ThereAreEightWindows) {
  VmConfig config;
  config.virtio_mmio = true;
  for (unsigned n = 0; n < 9; ++n) config.disks[fmt::format("d{}", n)].path = "f";
  EXPECT_EQ(error_of(check_devices(config)), "9 devices with virtio = mmio: there is room for 8");
}

TEST(PciConfig, AnAddressMadeFromNamesIsLocalAndStable) {
  const MacAddress mac = mac_of("plc", "lan");
  EXPECT_EQ(mac[0], 0x52);
  EXPECT_EQ(mac, mac_of("plc", "lan"));
  EXPECT_NE(mac, mac_of("plc", "wan"));
}

}  // namespace
}  // namespace takt
