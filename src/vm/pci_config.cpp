// SPDX-License-Identifier: Apache-2.0
#include "vm/pci_config.h"

#include <algorithm>

#include "vm/config.h"
#include "vm/config_values.h"
#include "vm/config_words.h"

namespace takt {
namespace {

constexpr std::uint32_t most_queues = 8;
constexpr std::size_t longest_serial = 20;  // virtio 1.2, 5.2.6
// virtio 1.2, 5.10.4: those below are the hypervisor's, the host's and reserved, as is the last.
constexpr std::uint32_t first_guest_cid = 3;
constexpr std::uint32_t last_guest_cid = 0xffff'fffe;

Result<> unknown(std::string_view key, std::string_view allowed) {
  return usage_error(fmt::format("unknown key '{}'; allowed are {}", key, allowed));
}

Result<NetModel> parse_model(std::string_view text) {
  static constexpr std::array<Word<NetModel>, 2> words{
      {{"virtio", NetModel::virtio}, {"e1000", NetModel::e1000}}};
  return parse_word<NetModel>(text, words);
}

Result<bool> parse_direct(std::string_view text) {
  static constexpr std::array<Word<bool>, 2> words{{{"none", true}, {"writeback", false}}};
  return parse_word<bool>(text, words);
}

Result<std::string> parse_serial(std::string_view text) {
  const auto is_plain = [](char c) { return c > ' ' && c <= '~'; };
  if (text.size() <= longest_serial && std::ranges::all_of(text, is_plain))
    return std::string{text};
  return usage_error("allowed are at most 20 printable characters");
}

/// "on", or options of passt's between spaces.
Result<std::vector<std::string>> parse_passt(std::string_view text) {
  std::vector<std::string> words;
  if (text == "on") return words;
  TRY_VOID(for_each_part(text, ' ', [&](std::string_view word) -> Result<> {
    if (!word.empty()) words.emplace_back(word);
    return {};
  }));
  if (!words.empty() && words.front().starts_with('-')) return words;
  return usage_error("allowed are on, and options of passt such as \"-t 2222:22\"");
}

Result<> set_net_key(NetOptions& net, std::string_view key, std::string_view value) {
  if (key == "model") return store(net.model, parse_model(value));
  if (key == "tap") return store(net.tap, parse_text(value, "an interface"));
  if (key == "socket") return store(net.socket, parse_text(value, "a socket's path"));
  if (key == "passt") return store(net.passt, parse_passt(value));
  if (key == "mac") return store(net.mac, parse_mac(value));
  if (key == "queues") return store(net.queues, parse_number(value, 1, most_queues));
  if (key == "vhost") return store(net.vhost, parse_bool(value));
  return unknown(key, "model, tap, passt, socket, mac, queues, vhost, server, access");
}

Result<> set_disk_key(DiskOptions& disk, std::string_view key, std::string_view value) {
  if (key == "path") return store(disk.path, parse_text(value, "a file"));
  if (key == "readonly") return store(disk.readonly, parse_bool(value));
  if (key == "cache") return store(disk.direct, parse_direct(value));
  if (key == "serial") return store(disk.serial, parse_serial(value));
  if (key == "iops") return store(disk.iops, parse_rate(value));
  if (key == "bps") return store(disk.bytes_per_s, parse_rate(value));
  return unknown(key, "path, readonly, cache, serial, iops, bps, server, access");
}

Result<> set_vsock_key(VsockOptions& vsock, std::string_view key, std::string_view value) {
  if (key == "cid") return store(vsock.cid, parse_number(value, first_guest_cid, last_guest_cid));
  if (key == "socket") return store(vsock.socket, parse_text(value, "a socket's path"));
  return unknown(key, "cid, socket, server, access");
}

std::optional<unsigned> hex_byte(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.size() != 2 || error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// FNV-1a (64 bits).
std::uint64_t hash_of(std::string_view text, std::uint64_t hash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

Result<> check_net(std::string_view name, const NetOptions& net) {
  const int ways = !net.tap.empty() + !net.socket.empty() + net.passt.has_value();
  if (ways > 1)
    return usage_error(
        fmt::format("net {}: tap, passt and socket are different ways out; give one", name));
  if (net.queues > 1 && (net.model == NetModel::e1000 || net.tap.empty()))
    return usage_error(fmt::format(
        "net {}: queues = {} needs model = virtio and a tap; others have one", name, net.queues));
  if (net.vhost && (net.model == NetModel::e1000 || net.tap.empty()))
    return usage_error(fmt::format("net {}: vhost = on needs model = virtio and a tap", name));
  return {};
}

}  // namespace

Result<std::uint64_t> parse_rate(std::string_view text) {
  if (const auto rate = scaled_number(text, "KMG", std::uint64_t{1} << 40)) return *rate;
  return usage_error("allowed are numbers per second such as 500, 64K or 10M; 0 is no limit");
}

Result<MacAddress> parse_mac(std::string_view text) {
  MacAddress mac{};
  bool good = text.size() == 17;
  for (std::size_t n = 0; good && n < mac.size(); ++n) {
    const auto byte = hex_byte(text.substr(n * 3, 2));
    good = byte && (n == 5 || text[n * 3 + 2] == ':');
    if (good) mac[n] = static_cast<std::uint8_t>(*byte);
  }
  if (good && (mac[0] & 1) == 0 && mac != MacAddress{}) return mac;
  return usage_error("allowed are addresses of one card such as 52:54:00:12:34:56");
}

MacAddress mac_of(std::string_view vm, std::string_view device) {
  const std::uint64_t hash = hash_of(device, hash_of(vm, 0xcbf29ce484222325));
  MacAddress mac{0x52, 0x54, 0x00};
  for (std::size_t n = 3; n < mac.size(); ++n)
    mac[n] = static_cast<std::uint8_t>(hash >> (8 * (n - 3)));
  return mac;
}

Result<> set_net(VmConfig& config, std::string_view text) {
  TRY(const NameAndRest parts, split_name(text, "NAME:KEY=VALUE,... such as lan:tap=tap0"));
  TRY(std::string name, parse_name(parts.name));
  NetOptions& net = config.nets[std::move(name)];
  return for_each_key(parts.rest, "",
                      [&](std::string_view key, std::string_view value) -> Result<> {
                        TRY(const bool known, set_device_key(config, parts.name, key, value));
                        return known ? Result<>{} : set_net_key(net, key, value);
                      });
}

Result<> set_disk(VmConfig& config, std::string_view text) {
  TRY(const NameAndRest parts, split_name(text, "NAME:KEY=VALUE,... such as root:path=disk.img"));
  TRY(std::string name, parse_name(parts.name));
  DiskOptions& disk = config.disks[std::move(name)];
  return for_each_key(parts.rest, "",
                      [&](std::string_view key, std::string_view value) -> Result<> {
                        TRY(const bool known, set_device_key(config, parts.name, key, value));
                        return known ? Result<>{} : set_disk_key(disk, key, value);
                      });
}

Result<> set_port(VmConfig& config, std::string_view text) {
  TRY(const NameAndRest parts, split_name(text, "NAME:TARGET such as log:file:guest.log"));
  TRY(std::string name, parse_name(parts.name));
  return store(config.ports[std::move(name)], ConsoleTarget::parse(parts.rest));
}

Result<> set_vsock(VmConfig& config, std::string_view text) {
  if (!config.vsock) config.vsock.emplace();
  return for_each_key(text, " such as cid=3,socket=vm.vsock",
                      [&](std::string_view key, std::string_view value) -> Result<> {
                        TRY(const bool known, set_device_key(config, "vsock", key, value));
                        return known ? Result<>{} : set_vsock_key(*config.vsock, key, value);
                      });
}

Result<> check_pci_config(const VmConfig& config) {
  for (const auto& [name, net] : config.nets) TRY_VOID(check_net(name, net));
  for (const auto& [name, disk] : config.disks)
    if (disk.path.empty())
      return usage_error(fmt::format("disk {}: path = names the file or block device", name));
  if (config.rng_limit != 0 && !config.rng)
    return usage_error("rng-limit: there is no rng (--rng, or rng = true)");
  if (!config.vsock) return {};
  if (config.vsock->cid == 0)
    return usage_error("vsock: cid = is the guest's address, from 3, such as cid=3");
  if (config.vsock->socket.empty())
    return usage_error("vsock: socket = is the path of the host's end, such as socket=vm.vsock");
  return {};
}

}  // namespace takt
