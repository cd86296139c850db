// SPDX-License-Identifier: Apache-2.0
// Offloads: feature bits beside what a FramePort takes, and headers that ask for more than that.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "bus/frame_port.h"

namespace takt::virtio {

/// What all of them have.
[[nodiscard]] FrameOffloads send_offloads(std::span<FramePort* const> ports) RT;
[[nodiscard]] FrameOffloads receive_offloads(std::span<FramePort* const> ports) RT;

/// The features to offer for it. Segmentation only together with checksums (5.1.3.1).
[[nodiscard]] std::uint64_t send_features(const FrameOffloads& offloads) RT;
[[nodiscard]] std::uint64_t receive_features(const FrameOffloads& offloads) RT;

/// What the bits VIRTIO_NET_F_HOST_* and CSUM leave to the device. A bit without the one that it
/// needs is none.
[[nodiscard]] FrameOffloads device_work(std::uint64_t features) RT;
/// What the bits VIRTIO_NET_F_GUEST_*, which are also those of CTRL_GUEST_OFFLOADS_SET, leave to
/// the driver.
[[nodiscard]] FrameOffloads driver_work(std::uint64_t bits) RT;

/// Whether the header leaves undone only what is in `allowed`.
[[nodiscard]] bool permitted(const FrameHeader& header, const FrameOffloads& allowed) RT;

/// A driver's header as it may go on to a port: without what has no meaning, hdr_len within the
/// frame. Nothing when it makes no sense for a frame of `bytes` bytes.
[[nodiscard]] std::optional<FrameHeader> checked(FrameHeader header, const FrameOffloads& allowed,
                                                 std::size_t bytes) RT;

}  // namespace takt::virtio
