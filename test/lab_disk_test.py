# SPDX-License-Identifier: Apache-2.0
"""Debian, installed from packages on a virtio disk, boots from it to its login prompt; somebody logs in, works, and
powers off; the file system is whole afterwards. One job, lab/jobs/disk-boot.sh; L1 gets the disk as a disk of its
own, a file here. TAKT_VMM, TAKT_DISK_OPTIONS: of the job."""

import hashlib
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import repo
from lab_harness import LabTest, arch, lab_kernel, out_root, run_job

vmm = os.environ.get("TAKT_VMM", "takt")
# Debian loads KVM in a guest, too, and on a PREEMPT_RT kernel it refuses.
known_errors = r"kvm: RT requires X86_FEATURE_CONSTANT_TSC"
console_of = {"x86": "ttyS0", "arm64": "ttyAMA0"}[arch]


def debian_disk():
    """The directory of lab/disk.sh."""
    done = subprocess.run([str(repo / "lab/disk.sh"), "--arch", arch], stdout=subprocess.PIPE, check=True, text=True)
    return pathlib.Path(done.stdout.strip())


def unpack_module(name, target):
    (packed,) = (lab_kernel() / "lib/modules").glob(f"**/{name}.ko.xz")
    (target / f"{name}.ko").write_bytes(lzma.decompress(packed.read_bytes()))


def tool(name, *arguments):
    """A program of e2fsprogs, without a word to the disk."""
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=False)


class Disk(LabTest):
    @classmethod
    def setUpClass(cls):
        debian = debian_disk()
        out_root.mkdir(parents=True, exist_ok=True)
        files = tempfile.TemporaryDirectory(prefix="disk.", dir=out_root)
        cls.addClassCleanup(files.cleanup)
        here = pathlib.Path(files.name)
        (here / "modules").mkdir()
        unpack_module("virtio_blk", here / "modules")
        cls.disk = here / "disk.img"
        subprocess.run(["cp", "--sparse=always", str(debian / "disk.img"), str(cls.disk)], check=True)
        cls.out = run_job(
            f"disk-{vmm.replace(':', '-')}", repo / "lab/jobs/disk-boot.sh", "--mode", "plain",
            "--l0", f"-drive file={cls.disk},if=none,id=disk,format=raw -device virtio-blk-pci,drive=disk",
            "--add", f"{here}/modules:/job/modules",
            "--add", f"{debian}/vmlinuz:/job/disk/vmlinuz", "--add", f"{debian}/initrd.img:/job/disk/initrd.img",
            "--env", f"TAKT_VMM={vmm}", "--env", f"TAKT_DISK_OPTIONS={os.environ.get('TAKT_DISK_OPTIONS', '')}",
            timeout_s=600)
        cls.console = cls.text(cls, "disk.console")

    def test_there_is_a_login_prompt(self):
        self.assertIn(f"Debian GNU/Linux 12 debian {console_of}", self.console)
        self.assertIn("debian login: ", self.console)

    def test_the_guest_powers_off_with_status_0(self):
        self.assert_status("disk", 0)

    def test_the_root_file_system_is_the_disk(self):
        self.assertRegex(self.said_well("mounts"), r"(?m)^/dev/vda / ext4 rw,")

    def test_linux_sees_the_disk_as_it_is(self):
        size, cache, read_only = self.said_well("block").splitlines()
        self.assertEqual((int(size) * 512, cache, read_only), (self.disk.stat().st_size, "write back", "0"))

    def test_all_services_start(self):
        self.assertEqual(self.said_well("failed"), "")

    def test_what_is_written_is_read_again(self):
        content = "".join(f"{n}\n" for n in range(1, 300001)).encode()
        self.assertEqual(self.said_well("written").split(), [hashlib.sha256(content).hexdigest(), "seq"])

    def test_what_goes_past_the_page_cache_goes_well(self):
        self.assertIn("64+0 records out", self.said_well("direct"))

    def test_what_is_free_can_be_given_back(self):
        self.assertRegex(self.said_well("trimmed"), r"/: .*\([1-9]\d* bytes\) trimmed")

    def test_what_is_written_is_in_the_file_afterwards(self):
        with tempfile.NamedTemporaryFile(dir=self.disk.parent) as copy:
            done = tool("debugfs", "-R", f"dump /root/seq {copy.name}", str(self.disk))
            self.assertEqual(pathlib.Path(copy.name).read_bytes()[-14:], b"299999\n300000\n", done.stderr)

    def test_the_file_system_is_clean_afterwards(self):
        done = tool("e2fsck", "-fn", str(self.disk))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertNotIn("recovering journal", done.stdout)
        self.assertRegex(tool("dumpe2fs", "-h", str(self.disk)).stdout, r"Filesystem state: +clean\n")

    def test_the_kernel_complains_of_nothing(self):
        said = [line for line in self.said_well("disturbed").splitlines() if not re.search(known_errors, line)]
        self.assertEqual(said, [])
        self.assertNotRegex(self.console, r"I/O error|EXT4-fs (error|warning)|Buffer I/O")

    @unittest.skipUnless(vmm == "takt", "takt's statistics")
    def test_nobody_touches_memory_that_nobody_claims(self):
        self.assertEqual(self.stats("disk")["unclaimed_mmio"], 0)
