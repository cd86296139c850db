# SPDX-License-Identifier: Apache-2.0
"""Devices on the bus that cannot be had: one line that names the device, and the guest never starts."""

import os

import images
from harness import TaktTest, needs_kvm


@needs_kvm
class BadDevices(TaktTest):
    def refused(self, status, option, *says):
        self.assert_refused(self.command(option, kernel=self.guest(images.halts())), status, *says)

    def test_a_disk_that_is_not_there(self):
        self.refused(1, "--disk=root:path=/nonexistent", "device root", "/nonexistent", "No such file")

    def test_a_disk_that_is_a_directory(self):
        self.refused(2, "--disk=root:path=/tmp", "device root", "/tmp", "a file or a block device")

    def test_a_disk_of_half_a_sector(self):
        self.refused(1, f"--disk=root:path={self.file('disk', 'x' * 100)}", "device root", "512", "truncate")

    def test_an_interface_that_no_kernel_could_have(self):
        self.refused(2, "--net=lan:tap=averyveryverylongname", "device lan", "1 to 15 characters")

    def test_a_socket_that_nobody_listens_at(self):
        self.refused(1, "--net=lan:socket=/nonexistent", "device lan", "/nonexistent", "passt")

    def test_a_passt_that_does_not_want_its_options(self):
        self.refused(1, "--net=lan:passt=--no-such-option", "device lan", "passt")

    def test_vhost_where_the_kernel_has_none_and_where_it_makes_no_sense(self):
        if not os.path.exists("/dev/vhost-net"):
            self.refused(1, "--net=lan:vhost=on,tap=tap0", "device lan", "/dev/vhost-net", "modprobe vhost_net", "vhost=off")
        self.refused(2, "--net=lan:vhost=on,socket=/x", "net lan", "model = virtio and a tap")

    def test_a_port_into_a_directory_that_is_not_there(self):
        self.refused(1, "--port=log:file:/nonexistent/x", "log", "/nonexistent/x")


    def test_a_socket_whose_path_no_address_holds(self):
        self.refused(2, f"--vsock=cid=3,socket=/tmp/{'x' * 100}", "device vsock", "1 to 96 bytes")

    def test_a_socket_where_a_file_is(self):
        path = self.file("file", "precious")
        self.refused(2, f"--vsock=cid=3,socket={path}", "device vsock", path, "is no socket")
        self.assertEqual(open(path).read(), "precious")

    def test_a_socket_in_a_directory_that_is_not_there(self):
        self.refused(1, "--vsock=cid=3,socket=/nonexistent/vm", "device vsock", "/nonexistent/vm", "No such file")
