// SPDX-License-Identifier: Apache-2.0
#include "virtio/blk_request.h"

#include <algorithm>

namespace takt::virtio::blk {
namespace {

using Kind = BlockRequest::Kind;

void answer(Request& request, Status status) RT {
  request.answered = true;
  request.status = status;
}

/// The last byte that the device may write.
std::byte* last_writable(const Chain& chain) RT {
  if (chain.writable().empty()) return nullptr;
  const iovec& piece = chain.writable().back();
  return static_cast<std::byte*>(piece.iov_base) + piece.iov_len - 1;
}

bool on_disk(const Disk& disk, std::uint64_t sector, std::uint64_t sectors) RT {
  return sector <= disk.sectors && disk.sectors - sector >= sectors;
}

void add_step(Request& request, const Step& step) RT { request.steps[request.step_count++] = step; }

/// Reads and writes. `bytes` are there, in `from` from `skip` on.
struct Transfer {
  Kind kind = Kind::read;
  std::span<const iovec> from;
  std::uint64_t skip = 0;
  std::uint64_t bytes = 0;
};

void parse_transfer(const Disk& disk, std::uint64_t sector, const Transfer& transfer,
                    Request& request, Data& data) RT {
  const std::uint64_t bytes = transfer.bytes;
  const bool fits = bytes % sector_bytes == 0 && on_disk(disk, sector, bytes / sector_bytes);
  if (!fits || !data.take(transfer.from, transfer.skip, bytes))
    return answer(request, Status::ioerr);
  if (bytes == 0) return answer(request, Status::ok);
  add_step(
      request,
      {.kind = transfer.kind, .may_unmap = false, .offset = sector * sector_bytes, .bytes = bytes});
}

void parse_in(const Chain& chain, const Disk& disk, std::uint64_t sector, Request& request,
              Data& data) RT {
  const std::uint64_t bytes = chain.writable_bytes() - 1;
  request.written = static_cast<std::uint32_t>(bytes + 1);  // a multiple of 512 is below 2^32
  parse_transfer(disk, sector, {Kind::read, chain.writable(), 0, bytes}, request, data);
}

void parse_out(const Chain& chain, const Disk& disk, std::uint64_t sector, Request& request,
               Data& data) RT {
  if (disk.read_only) return answer(request, Status::ioerr);
  const std::uint64_t bytes = chain.readable_bytes() - sizeof(Header);
  parse_transfer(disk, sector, {Kind::write, chain.readable(), sizeof(Header), bytes}, request,
                 data);
}

/// 5.2.6.2: unknown flags are unsupported, and so is unmap in a discard.
Status check_segment(const Disk& disk, Kind kind, const Segment& segment) RT {
  const std::uint32_t known = kind == Kind::discard ? 0 : Segment::unmap;
  if ((segment.flags & ~known) != 0) return Status::unsupp;
  if (segment.num_sectors > most_segment_sectors) return Status::ioerr;
  return on_disk(disk, segment.sector, segment.num_sectors) ? Status::ok : Status::ioerr;
}

void parse_segments(const Chain& chain, const Disk& disk, Kind kind, Request& request) RT {
  if (disk.read_only) return answer(request, Status::ioerr);
  if (kind == Kind::discard && !disk.can_discard) return answer(request, Status::unsupp);
  const std::uint64_t bytes = chain.readable_bytes() - sizeof(Header);
  if (bytes == 0 || bytes % sizeof(Segment) != 0 || bytes / sizeof(Segment) > most_segments)
    return answer(request, Status::ioerr);
  std::array<Segment, most_segments> segments;
  const auto copied = std::as_writable_bytes(std::span{segments}).first(bytes);
  static_cast<void>(chain.read(sizeof(Header), copied));
  for (const Segment& segment : std::span{segments}.first(bytes / sizeof(Segment))) {
    const Status status = check_segment(disk, kind, segment);
    if (status != Status::ok) return answer(request, status);
    if (segment.num_sectors == 0) continue;
    add_step(request, {.kind = kind,
                       .may_unmap = (segment.flags & Segment::unmap) != 0,
                       .offset = segment.sector * sector_bytes,
                       .bytes = segment.num_sectors * sector_bytes});
  }
  if (request.step_count == 0) answer(request, Status::ok);
}

void answer_id(const Chain& chain, const Disk& disk, Request& request) RT {
  const std::uint64_t room = chain.writable_bytes() - 1;
  const std::size_t bytes = std::min<std::uint64_t>(room, disk.serial.size());
  static_cast<void>(chain.write(0, std::span{disk.serial}.first(bytes)));
  request.written = static_cast<std::uint32_t>(bytes + (room == bytes ? 1 : 0));
  answer(request, Status::ok);
}

}  // namespace

void parse(const Chain& chain, const Disk& disk, Request& request, Data& data) RT {
  request.answered = false;
  request.step_count = 0;
  request.status_at = last_writable(chain);
  request.written = request.written_failed = 0;
  if (request.status_at == nullptr) return answer(request, Status::ioerr);
  request.written = chain.writable_bytes() == 1 ? 1 : 0;
  request.written_failed = request.written;
  Header header;
  if (chain.read(0, std::as_writable_bytes(std::span{&header, 1})) != sizeof header)
    return answer(request, Status::ioerr);
  switch (Type{header.type}) {
    case Type::in: return parse_in(chain, disk, header.sector, request, data);
    case Type::out: return parse_out(chain, disk, header.sector, request, data);
    case Type::flush: return add_step(request, {});
    case Type::get_id: return answer_id(chain, disk, request);
    case Type::discard: return parse_segments(chain, disk, Kind::discard, request);
    case Type::write_zeroes: return parse_segments(chain, disk, Kind::write_zeroes, request);
  }
  answer(request, Status::unsupp);
}

}  // namespace takt::virtio::blk
