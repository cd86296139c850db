// SPDX-License-Identifier: Apache-2.0
// A console device's structures as its driver sees them. virtio 1.2, 5.3.
#pragma once

#include <cstddef>
#include <cstdint>

namespace takt::virtio::console {

namespace feature {  // 5.3.3
inline constexpr std::uint64_t size = 1ull << 0;
inline constexpr std::uint64_t multiport = 1ull << 1;
inline constexpr std::uint64_t emerg_write = 1ull << 2;
}  // namespace feature

/// struct virtio_console_config. 5.3.4.
struct Config {
  std::uint16_t cols = 0;
  std::uint16_t rows = 0;
  std::uint32_t max_nr_ports = 0;
  std::uint32_t emerg_wr = 0;
};
static_assert(sizeof(Config) == 12 && offsetof(Config, emerg_wr) == 8);

enum class Event : std::uint16_t {  // 5.3.6.2
  device_ready = 0,
  port_add = 1,
  port_remove = 2,
  port_ready = 3,
  console_port = 4,
  resize = 5,
  port_open = 6,
  port_name = 7,
};

/// struct virtio_console_control. 5.3.6.2.
struct Control {
  std::uint32_t id = 0;
  std::uint16_t event = 0;
  std::uint16_t value = 0;
};
static_assert(sizeof(Control) == 8);

/// What follows a Control with Event::resize. The text of 5.3.6.2 has the columns first; drivers,
/// Linux's for one, have always taken the rows first.
struct Resize {
  std::uint16_t rows = 0;
  std::uint16_t cols = 0;
};
static_assert(sizeof(Resize) == 4);

}  // namespace takt::virtio::console
