# SPDX-License-Identifier: Apache-2.0
"""Files that are no kernel for an arm64 host, made without a toolchain."""

import gzip
import lzma
import struct

# Documentation/arch/arm64/booting.rst, flags: endianness in bit 0, page size in bits 1 and 2
flags_at = 24
big_endian, pages_4k, pages_16k, anywhere = 0b0001, 0b0010, 0b0100, 0b1000


def with_flags(image, flags):
    """The beginning of a Linux Image with other flags in its header."""
    return image[:flags_at] + struct.pack("<Q", flags) + image[flags_at + 8:1 << 16]


def padded(*pieces):
    """A file of 4 KiB with these (offset, bytes) in it."""
    content = bytearray(4096)
    for offset, data in pieces:
        content[offset:offset + len(data)] = data
    return bytes(content)


def refused_everywhere(image):
    """By name; `image` is a Linux Image that would be taken."""
    elf_x86 = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, 0x400000, 64, 0,
                          0, 64, 56, 0, 64, 0, 0)
    return {
        "big-endian": with_flags(image, big_endian | pages_4k | anywhere),
        "xz": lzma.compress(image[:1 << 16]),
        "bzimage": padded((0, b"MZ"), (0x1FE, b"\x55\xaa"), (0x202, b"HdrS")),
        "elf-x86": padded((0, elf_x86)),
        "zboot-zstd": padded((0, b"MZ"), (4, b"zimg"), (8, struct.pack("<II", 1024, 512)), (24, b"zstd22")),
        "gzip-of-text": gzip.compress(b"This is not a kernel.\n" * 200),
        "gzip-cut-short": gzip.compress(image[:1 << 20], 1)[:1 << 16],
        "image-cut-short": image[:1 << 20],
    }
