// SPDX-License-Identifier: Apache-2.0
// How the values of options are spelled. Each parser's error says what is allowed; the key and the
// value are added by set_option().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "vm/config.h"

namespace takt {

/// Not empty; `what` names it: "a file".
[[nodiscard]] Result<std::string> parse_text(std::string_view text, std::string_view what);
/// Of a VM: letters, digits, '.', '_' and '-', not starting with '.' or '-'.
[[nodiscard]] Result<std::string> parse_name(std::string_view text);
/// Of a server: the kernel keeps 15 characters of a thread's name (PR_SET_NAME, prctl(2)).
[[nodiscard]] Result<std::string> parse_thread_name(std::string_view text);
/// Decimal, within [least, most].
[[nodiscard]] Result<std::uint32_t> parse_number(std::string_view text, std::uint32_t least,
                                                 std::uint32_t most);
/// Bytes, or with a suffix K, M, G, T (powers of 1024); 1M to 16T, whole pages.
[[nodiscard]] Result<std::uint64_t> parse_memory(std::string_view text);
/// "pci" or "mmio": whether virtio devices are in windows of memory.
[[nodiscard]] Result<bool> parse_virtio_bus(std::string_view text);
[[nodiscard]] Result<bool> parse_bool(std::string_view text);
[[nodiscard]] Result<Switch> parse_switch(std::string_view text);
[[nodiscard]] Result<RtMode> parse_rt_mode(std::string_view text);
[[nodiscard]] Result<PageSize> parse_page_size(std::string_view text);
[[nodiscard]] Result<std::uint32_t> parse_disable_exits(std::string_view text);
[[nodiscard]] Result<UartModel> parse_uart(std::string_view text);
[[nodiscard]] Result<GicChoice> parse_gic(std::string_view text);
/// "cpu=2-3,policy=fifo,priority=80": a part without '=' continues the value before it, so that
/// cpu=0,2-3 needs no quoting.
[[nodiscard]] Result<Placement> parse_placement(std::string_view text);

[[nodiscard]] Result<> set_vcpu(VmConfig& config, std::string_view text);
[[nodiscard]] Result<> set_server(VmConfig& config, std::string_view text);
[[nodiscard]] Result<> set_device(VmConfig& config, std::string_view text);
/// `key` is server or access; false: it is neither.
[[nodiscard]] Result<bool> set_device_key(VmConfig& config, std::string_view device,
                                          std::string_view key, std::string_view value);
/// "off", "auto", or microseconds.
[[nodiscard]] Result<> set_dma_latency(VmConfig& config, std::string_view text);
/// Adds one line of schemata, such as "L3:0=f0;1=f0": the kernel knows what is in it.
[[nodiscard]] Result<> add_schemata(VmConfig& config, std::string_view text);
/// "exit_us=20,slow.job_us=100": adds to what is there. `server.slow.job_us` is the same.
[[nodiscard]] Result<> set_budget(VmConfig& config, std::string_view text);

/// Stores a parsed value, or passes the error on.
template <class Field, class T>
[[nodiscard]] Result<> store(Field& field, Result<T> parsed) {
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  field = std::move(*parsed);
  return {};
}

}  // namespace takt
