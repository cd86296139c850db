// SPDX-License-Identifier: Apache-2.0
// What the user asked for on the PCI bus: part of VmConfig, and how its values are spelled.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bus/frame_port.h"

namespace takt {

struct VmConfig;

enum class NetModel : std::uint8_t { virtio, e1000 };

/// Where a network card's frames go: to a tap, to a passt of its own, to a program at a Unix stream
/// socket, or nowhere.
struct NetOptions {
  NetModel model = NetModel::virtio;
  std::string tap = {};
  std::string socket = {};
  std::optional<std::vector<std::string>> passt = {};  // what it is started with
  std::optional<MacAddress> mac = {};  // absent: made from the VM's and the device's names
  std::uint32_t queues = 1;            // pairs, with a tap
  bool vhost = false;                  // the kernel moves the frames, with a tap
};

struct DiskOptions {
  std::string path = {};
  bool readonly = false;
  bool direct = false;  // past the host's page cache
  std::string serial = {};
  std::uint64_t iops = 0;  // 0: no limit
  std::uint64_t bytes_per_s = 0;
};

/// Stream sockets between guest and host.
struct VsockOptions {
  std::uint32_t cid = 0;    // the guest's address, from 3
  std::string socket = {};  // where the host's end is: see host/vsock_proxy.h
};

/// Per second: a number, with K, M or G of 1024s; 0 is no limit.
[[nodiscard]] Result<std::uint64_t> parse_rate(std::string_view text);
/// "aa:bb:cc:dd:ee:ff", not a group's and not all zero.
[[nodiscard]] Result<MacAddress> parse_mac(std::string_view text);
/// A locally administered address that depends on nothing but the two names.
[[nodiscard]] MacAddress mac_of(std::string_view vm, std::string_view device);

/// "NAME:model=e1000,tap=tap0,mac=..."
[[nodiscard]] Result<> set_net(VmConfig& config, std::string_view text);
/// "NAME:path=FILE,readonly=on,cache=none,iops=1000,bps=10M,serial=S"
[[nodiscard]] Result<> set_disk(VmConfig& config, std::string_view text);
/// "NAME:TARGET", a port of the virtio console; targets as the console's
[[nodiscard]] Result<> set_port(VmConfig& config, std::string_view text);
/// "cid=N,socket=PATH"
[[nodiscard]] Result<> set_vsock(VmConfig& config, std::string_view text);

/// What the options on their own do not show: that a disk has a path, a card one way out.
[[nodiscard]] Result<> check_pci_config(const VmConfig& config);

}  // namespace takt
