// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "host/file_store.h"
#include "virtio/blk.h"
#include "vm/virtio_card.h"

namespace takt {
namespace {

class DiskInside final : public VirtioInside {
 public:
  DiskInside(std::unique_ptr<FileStore> store, std::string_view serial)
      : store_{std::move(store)}, blk_{*store_, serial} {}
  [[nodiscard]] virtio::Model& model() override { return blk_; }
  [[nodiscard]] std::vector<ServiceTimes> service_times() const override {
    using enum virtio::Blk::Kind;
    return {{"read", blk_.latency(read)},
            {"write", blk_.latency(write)},
            {"flush", blk_.latency(flush)},
            {"other", blk_.latency(other)}};
  }
  [[nodiscard]] std::vector<pid_t> threads() const override { return store_->threads(); }

 private:
  std::unique_ptr<FileStore> store_;
  virtio::Blk blk_;
};

}  // namespace

Result<std::unique_ptr<VirtioInside>> make_disk(const PciWorld& world, const PciDevice& device) {
  const DiskOptions& disk = world.config.disks.at(std::string{device.name});
  const FileStoreConfig config{
      .file = {.path = disk.path,
               .read_only = disk.readonly,
               .cache = disk.direct ? DiskCache::none : DiskCache::writeback},
      .limits = {.ops_per_s = disk.iops, .bytes_per_s = disk.bytes_per_s},
      .thread = fmt::format("{}-io", device.name)};
  auto store = FileStore::open(config, world.loop(device), world.id(device));
  if (!store) return std::unexpected(std::move(store.error()));
  return std::make_unique<DiskInside>(std::move(*store), disk.serial);
}

}  // namespace takt
