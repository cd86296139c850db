// SPDX-License-Identifier: Apache-2.0
// One access through takt's bus to a trivial register, beside the same access through the bus that
// many VMMs have: a std::map and a mutex. bench/dispatch.sh runs this and judges.
//
// Names are BUS/OPERATION/DEVICES/threads:N. Addresses are drawn beforehand. Both threads read all
// registers; written are only registers of the thread's own half, because a cache line that two
// CPUs write is the price of the register, not of the bus.
#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "bus/dispatch.h"

namespace {

using takt::Gpa;
using takt::Width;

constexpr Gpa first_device{0xd000'0000};
constexpr std::uint64_t region_bytes = 0x1000;
constexpr std::uint64_t stride = 0x2000;  // holes between the regions
constexpr Width width = Width::b4;

/// A cache line of its own, so that registers of different threads do not share one.
class alignas(64) Register final : public takt::Device {
 public:
  [[nodiscard]] std::string_view name() const override { return "register"; }
  std::uint64_t read(takt::Access) RT override { return value_.load(std::memory_order_relaxed); }
  void write(takt::Access, std::uint64_t value) RT override {
    value_.store(static_cast<std::uint32_t>(value), std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint32_t> value_ = 0;
};

class TaktBus {
 public:
  explicit TaktBus(const std::vector<takt::Region<Gpa>>& regions) {
    auto table = takt::Table<Gpa>::create("mmio", regions);
    if (!table) std::abort();
    bus_.publish(std::move(*table), takt::Quiescence{0});
  }
  std::uint64_t read(Gpa gpa) { return bus_.read(gpa, width); }
  void write(Gpa gpa, std::uint64_t value) { bus_.write(gpa, width, value); }

 private:
  takt::MmioBus bus_;
};

/// The peer: an ordered map from start to region, one mutex held for the look-up and the access.
/// Same devices, same checks, same virtual call.
class MapMutexBus {
 public:
  explicit MapMutexBus(const std::vector<takt::Region<Gpa>>& regions) {
    for (const auto& region : regions) map_.emplace(region.start, region);
  }
  std::uint64_t read(Gpa gpa) {
    const std::lock_guard lock{mutex_};
    const auto* region = find(gpa);
    if (region == nullptr) return ~std::uint64_t{0};
    return region->device->read({gpa - region->start, width}) & takt::width_mask(width);
  }
  void write(Gpa gpa, std::uint64_t value) {
    const std::lock_guard lock{mutex_};
    if (const auto* region = find(gpa))
      region->device->write({gpa - region->start, width}, value & takt::width_mask(width));
  }

 private:
  const takt::Region<Gpa>* find(Gpa gpa) const {
    auto it = map_.upper_bound(gpa);
    if (it == map_.begin()) return nullptr;
    const auto& region = (--it)->second;
    const std::uint64_t offset = gpa - region.start;
    return offset < region.size && region.size - offset >= takt::bytes(width) ? &region : nullptr;
  }

  std::mutex mutex_;
  std::map<Gpa, takt::Region<Gpa>> map_;
};

/// The devices of one machine and the bus they are on; shared by the threads of a benchmark.
template <class BusType>
struct Machine {
  explicit Machine(std::size_t count) : devices(count), bus{regions()} {}
  std::vector<takt::Region<Gpa>> regions() {
    std::vector<takt::Region<Gpa>> list;
    for (std::size_t i = 0; i < devices.size(); ++i)
      list.push_back({first_device + i * stride, region_bytes, &devices[i]});
    return list;
  }
  std::vector<Register> devices;
  BusType bus;
};

template <class BusType>
Machine<BusType>& machine(std::size_t devices) {
  static Machine<BusType> small{8};
  static Machine<BusType> large{256};
  return devices == 8 ? small : large;
}

constexpr std::size_t address_count = 4096;
using Addresses = std::array<Gpa, address_count>;

/// Random registers of the devices first, first + step, ...
Addresses draw(std::size_t devices, std::size_t first, std::size_t step) {
  std::minstd_rand random{static_cast<unsigned>(first + 1)};
  Addresses addresses;
  for (auto& address : addresses) {
    const std::uint64_t device = first + random() % (devices / step) * step;
    address = first_device + device * stride + random() % (region_bytes / 4) * 4;
  }
  return addresses;
}

template <class BusType>
void read(benchmark::State& state) {
  const auto devices = static_cast<std::size_t>(state.range(0));
  auto& bus = machine<BusType>(devices).bus;
  const Addresses addresses = draw(devices, 0, 1);
  std::size_t i = static_cast<std::size_t>(state.thread_index()) * 1361;
  for (auto _ : state) benchmark::DoNotOptimize(bus.read(addresses[i++ % address_count]));
}

template <class BusType>
void write(benchmark::State& state) {
  const auto devices = static_cast<std::size_t>(state.range(0));
  auto& bus = machine<BusType>(devices).bus;
  const Addresses addresses = draw(devices, static_cast<std::size_t>(state.thread_index()), 2);
  std::size_t i = 0;
  for (auto _ : state) {
    bus.write(addresses[i % address_count], i);
    ++i;
  }
}

void arguments(benchmark::internal::Benchmark* b) { b->Arg(8)->Arg(256)->Threads(1)->Threads(2); }

BENCHMARK(read<TaktBus>)->Name("takt/read")->Apply(arguments);
BENCHMARK(read<MapMutexBus>)->Name("map+mutex/read")->Apply(arguments);
BENCHMARK(write<TaktBus>)->Name("takt/write")->Apply(arguments);
BENCHMARK(write<MapMutexBus>)->Name("map+mutex/write")->Apply(arguments);

}  // namespace

BENCHMARK_MAIN();
