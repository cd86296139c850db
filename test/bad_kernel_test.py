# SPDX-License-Identifier: Apache-2.0
"""Files that cannot be booted: one line that says which file, what is wrong and what to do."""

import os
import pathlib
import socket
import struct

import images
from harness import TaktTest, needs_kvm, needs_root, probe, repo, until


class FileThatCannotBeRead(TaktTest):
    """takt looks at the files before it opens /dev/kvm."""

    def test_a_missing_kernel(self):
        self.assert_refused(self.command(kernel="/nonexistent/vmlinuz"), 2, "kernel",
                            "/nonexistent/vmlinuz", "No such file or directory")

    def test_a_missing_initrd(self):
        self.assert_refused(
            self.command("--initrd", "/nonexistent/initrd", kernel=self.guest(images.halts())), 2,
            "initrd", "/nonexistent/initrd", "No such file or directory")

    def test_a_directory_as_kernel(self):
        self.assert_refused(self.command(kernel=str(self.files)), 2, "kernel", str(self.files),
                            "not a regular file")

    def test_a_fifo_as_kernel_does_not_block(self):
        path = self.files / "fifo"
        os.mkfifo(path)
        self.assert_refused(self.command(kernel=str(path)), 2, "kernel", str(path),
                            "not a regular file")

    def test_a_device_as_kernel(self):
        self.assert_refused(self.command(kernel="/dev/zero"), 2, "kernel", "/dev/zero",
                            "not a regular file")

    def test_a_symbolic_link_that_leads_nowhere(self):
        link = self.files / "link"
        link.symlink_to("nowhere")
        self.assert_refused(self.command(kernel=str(link)), 2, "kernel", str(link))

    def test_a_socket_as_kernel(self):
        path = str(self.files / "socket")
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(path)
            self.assert_refused(self.command(kernel=path), 2, "kernel", path)

    @needs_root
    def test_a_kernel_of_somebody_else(self):
        path = self.guest(images.halts())
        os.chmod(path, 0o600)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--",
                   self.public_takt(), *self.command(kernel=path)[1:]]
        self.assert_refused(command, 2, "kernel", path, "Permission denied")


@needs_kvm
class NotAKernel(TaktTest):
    def refused(self, content, *says, **how):
        path = self.file("image", content)
        self.assert_refused(self.command(kernel=path, **how), 2, path, *says)

    def test_an_empty_file(self):
        self.refused(b"", "is empty", "bzImage")

    def test_one_byte(self):
        self.refused(b"\x7f", "1 bytes", "bzImage")

    def test_a_text(self):
        self.refused(b"This is not a kernel.\n" * 200, "is not a kernel", "bzImage")

    def test_a_script(self):
        self.refused(b"#!/bin/sh\nexit 0\n" * 200, "is a script", "bzImage")

    def test_zeros(self):
        self.refused(bytes(1 << 20), "is not a kernel", "bzImage")

    def test_an_arm64_image(self):
        header = bytearray(4096)
        header[0:2] = b"MZ"
        header[56:60] = b"ARM\x64"
        self.refused(bytes(header), "arm64", "x86-64")

    def test_an_arm64_elf(self):
        elf = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 183, 1, 0x400000, 64, 0,
                          0, 64, 56, 0, 64, 0, 0)
        self.refused(elf + bytes(4096), "ELF", "x86")

    def test_a_gzip_file(self):
        self.refused(b"\x1f\x8b\x08\0" + bytes(4096), "gzip", "unpack it first")

    def test_an_initrd(self):
        self.refused(b"070701" + b"0" * 4096, "cpio", "--initrd")

    def test_a_program_of_this_machine(self):
        path = "/bin/true"
        self.assert_refused(self.command(kernel=path), 2, path, "ELF", "PVH", "Multiboot")

    def test_multiboot_load_addresses_that_cannot_be(self):
        image = bytearray(images.halts())
        struct.pack_into("<I", image, 28, 0x10)  # entry_addr
        self.refused(bytes(image), "entry_addr")

    def test_multiboot_image_outside_guest_memory(self):
        image = bytearray(images.halts())
        for field in 12, 16, 28:
            struct.pack_into("<I", image, field, 0x7F000000)
        self.refused(bytes(image), "memory")

    def test_multiboot_bss_larger_than_guest_memory(self):
        image = bytearray(images.halts())
        struct.pack_into("<I", image, 24, 0xF0000000)
        self.refused(bytes(image), "memory")

    def test_an_initrd_that_does_not_fit(self):
        large = self.files / "large"
        with open(large, "wb") as file:
            file.truncate(64 << 20)
        self.assert_refused(
            self.command("--initrd", str(large), kernel=self.guest(images.halts())), 2, "--memory")

    def test_an_empty_initrd(self):
        """An empty module is nothing to load: refused or started without, but never a crash."""
        empty = self.file("empty", b"")
        ended = self.run_to_end(self.command("--initrd", empty, kernel=self.guest(images.power_off())))
        self.assertIn(ended.status, (0, 2), ended)

    def test_memory_too_small_for_any_kernel(self):
        self.assert_refused(self.command(kernel=self.guest(images.halts()), memory="1M"), 2,
                            "--memory")


@needs_kvm
class CutShort(TaktTest):
    """Images of which the end is missing, as after an interrupted copy."""

    def each_prefix(self, content, sizes):
        path = self.files / "image"
        for size in sizes:
            path.write_bytes(content[:size])
            with self.subTest(bytes=size):
                self.assert_refused(self.command(kernel=str(path), memory="128M"), 2, str(path))

    def test_a_multiboot_flat_image_at_every_size(self):
        image = bytearray(images.power_off())
        # load_end_addr: the header says how long the image is
        struct.pack_into("<I", image, 20, images.load_address + len(image))
        self.each_prefix(bytes(image), range(len(image)))

    def test_the_probe_at_many_sizes(self):
        content = pathlib.Path(probe).read_bytes()
        self.assertEqual(content[:5], b"\x7fELF\x01")
        offset, size, count = (struct.unpack_from("<I", content, 28)[0],
                               *struct.unpack_from("<HH", content, 42))
        needed = 0
        for n in range(count):
            kind, at, _, _, bytes_in_file = struct.unpack_from("<IIIII", content, offset + n * size)
            if kind == 1:
                needed = max(needed, at + bytes_in_file)
        self.assertGreater(needed, 4096)
        sizes = {*range(0, 120, 7), 511, 512, 1023, 1024, 4095, 4096, 8192, needed // 2, needed - 1}
        self.each_prefix(content, sorted(s for s in sizes if s < needed))

    def test_a_debian_kernel_at_many_sizes(self):
        found = sorted((repo / os.environ.get("TAKT_BUILD", "build")).glob("lab/kernel/*-amd64_*/vmlinuz"))
        if not found:
            self.skipTest("no Debian kernel here yet: lab/kernel.sh fetches it")
        content = found[-1].read_bytes()
        setup = (content[0x1F1] or 4) + 1
        whole = setup * 512 + 16 * struct.unpack_from("<I", content, 0x1F4)[0]
        self.assertLessEqual(whole, len(content))
        sizes = {1, 2, 64, 0x1F1, 0x1FE, 0x200, 0x202, 0x206, 0x211, 0x230, 0x250, 0x264, 0x268, 0x26C,
                 511, 512, 1024, 4096, setup * 512 - 1, setup * 512, setup * 512 + 1,
                 setup * 512 + 512, 1 << 20, whole // 2, whole - 16, whole - 1}
        self.each_prefix(content, sorted(sizes))

    @staticmethod
    def has_open(fds, path):
        try:
            return any(fd.resolve() == path for fd in fds.iterdir())
        except OSError:  # gone meanwhile
            return False

    def test_a_kernel_that_shrinks_while_it_is_read_is_not_a_crash(self):
        """As when a build overwrites the image in place."""
        path = self.files / "image"
        with open(path, "wb") as file:
            file.write(images.power_off())
            file.truncate(300 << 20)
        running = self.start(self.command(kernel=str(path), memory="1G"))
        fds = pathlib.Path(f"/proc/{running.pid}/fd")
        until(lambda: running.process.poll() is not None or self.has_open(fds, path), "takt reads the kernel")
        os.truncate(path, 4096)
        ended = running.wait()
        self.assertIn(ended.status, (0, 1, 2), ended)
