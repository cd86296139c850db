#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That the checks of ./dev lint find what they are for."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_layers
import check_text

TOOLS = pathlib.Path(__file__).resolve().parent


def messages(layer: str, text: str) -> list[str]:
    return [message for _, message in check_layers.check_file(layer, text)]


class Layers(unittest.TestCase):
    def assert_finds(self, layer, text, part):
        found = messages(layer, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def test_layers_to_the_left_and_the_own_one_may_be_included(self):
        for layer, name in (("cli", "vm/a.h"), ("cli", "check/a.h"), ("check", "kvm/a.h"), ("kvm", "host/a.h"),
                            ("dev", "bus/a.h"), ("dev", "dev/a.h")):
            self.assertEqual(messages(layer, f'#include "{name}"\n'), [])

    def test_each_layer_refuses_each_layer_above_it(self):
        for layer, rank in check_layers.RANK.items():
            for other, other_rank in check_layers.RANK.items():
                if other_rank > rank:
                    self.assert_finds(layer, f'#include "{other}/a.h"\n', "above")

    def test_peers_may_not_include_each_other(self):
        self.assert_finds("dev", '#include "host/console.h"\n', "peers")
        self.assert_finds("vfio", '  #  include "kvm/a.h"\n', "peers")
        self.assert_finds("check", '#include "ctl/a.h"\n', "peers")

    def test_an_include_without_its_layer_is_found(self):
        self.assert_finds("dev", '#include "uart16550.h"\n', "path from src/")
        self.assert_finds("dev", '#include "../kvm/vm_fd.h"\n', "path from src/")
        self.assert_finds("dev", '#include "device/a.h"\n', "no layer")
        self.assert_finds("dev", "#include <kvm/vm_fd.h>\n", "is ours")

    def test_an_include_in_a_comment_is_none(self):
        self.assertEqual(messages("dev", '// #include "kvm/a.h"\n/*\n#include "kvm/a.h"\n*/\n'), [])

    def test_system_headers_are_free(self):
        self.assertEqual(messages("base", "#include <linux/kvm.h>\n#include <sys/ioctl.h>\n"), [])

    def test_architecture_conditionals_are_found_outside_base_only(self):
        for text in ("#ifdef __x86_64__\n", "#if defined(__aarch64__) && 1\n", "#elif !defined __x86_64__\n"):
            self.assert_finds("dev", text, "outside base/")
            self.assertEqual(messages("base", text), [])
        self.assertEqual(messages("dev", "#ifdef NDEBUG  // not __x86_64__\n"), [])

    def test_kvm_requests_are_found_outside_kvm_only(self):
        for text in (
            "r = ::ioctl(fd, KVM_RUN, 0);\n",
            "r = ioctl(fd.raw(),\n    KVM_SET_REGS, &regs);\n",
            "constexpr Ioctl<KVM_IRQFD, kvm_irqfd> a{};\n",
            "constexpr IoctlValue<KVM_CREATE_VM> a{};\n",
        ):
            self.assert_finds("vm", text, "outside kvm/")
            self.assertEqual(messages("kvm", text), [])
        self.assert_finds("kvm", "ioctl(fd, VFIO_GET_API_VERSION);\n", "outside vfio/")
        self.assert_finds("vm", '#include "kvm/requests_x86.h"\n', "requests")
        self.assertEqual(messages("vm", "system.extension(KVM_CAP_MAX_VCPUS);  // ioctl(KVM_X)\n"), [])

    def test_literals_and_digit_separators_hide_nothing_after_them(self):
        text = "auto a = 0x1'0000; auto s = \"// \"; ioctl(fd, KVM_RUN);\n"
        self.assertEqual(len(messages("vm", text)), 1)
        self.assertEqual(messages("vm", 'error("ioctl(KVM_RUN)");\n'), [])

    def test_the_line_is_the_one_of_the_finding(self):
        found = list(check_layers.check_file("vm", '#include "base/fd.h"\n\nioctl(fd,\n  KVM_RUN);\n'))
        self.assertEqual([line for line, _ in found], [4])

    def test_the_command_fails_on_a_finding_on_an_unknown_folder_and_on_nothing(self):
        with tempfile.TemporaryDirectory() as root:
            src = pathlib.Path(root) / "src"

            def run():
                command = [sys.executable, TOOLS / "check_layers.py", root]
                return subprocess.run(command, capture_output=True, text=True, check=False)

            self.assertEqual(run().returncode, 1)
            (src / "bus").mkdir(parents=True)
            (src / "bus" / "a.h").write_text('#include "base/fd.h"\n')
            self.assertEqual((run().returncode, run().stdout), (0, ""))
            (src / "bus" / "b.cpp").write_text('\n#include "dev/a.h"\n')
            self.assertEqual(run().returncode, 1)
            self.assertTrue(run().stdout.startswith("src/bus/b.cpp:2: "))
            (src / "bus" / "b.cpp").unlink()
            (src / "extra").mkdir()
            (src / "extra" / "a.h").write_text("\n")
            self.assertIn("src/extra/a.h:1: extra is not a layer", run().stdout)


class Text(unittest.TestCase):
    SPDX = "// SPDX-License-Identifier: Apache-2.0\n"

    def findings(self, name, text):
        return check_text.check_text(pathlib.Path(name), text)[0]

    def test_a_good_file_has_no_findings(self):
        self.assertEqual(self.findings("a.cpp", self.SPDX + "int a;\n"), [])

    def test_a_source_without_spdx_is_found_whatever_marks_it_as_source(self):
        self.assertEqual(len(self.findings("a.cpp", "int a;\n")), 1)
        self.assertEqual(len(self.findings("CMakeLists.txt", "project(a)\n")), 1)
        self.assertEqual(len(self.findings("dev", "#!/bin/bash\n")), 1)
        self.assertEqual(self.findings("README.md", "# A\n"), [])

    def test_white_space_at_the_end_of_a_line_is_found(self):
        self.assertEqual(self.findings("a.md", "a\nb \n"), ["a.md:2: white space at the end of the line"])
        self.assertEqual(len(self.findings("a.md", "a\r\n")), 1)

    def test_a_missing_line_end_is_found(self):
        self.assertEqual(len(self.findings("a.md", "a")), 1)

    def test_a_long_file_is_remarked_on_and_no_finding(self):
        found, remarks = check_text.check_text(pathlib.Path("a.cpp"), self.SPDX + "\n" * 400)
        self.assertEqual((found, len(remarks)), ([], 1))
        self.assertEqual(check_text.check_text(pathlib.Path("a.cpp"), self.SPDX + "\n" * 399)[1], [])


class Setup(unittest.TestCase):
    """On a machine where nothing was installed by hand dpkg-query knows nothing, and fails."""

    def missing(self, installed):
        with tempfile.TemporaryDirectory() as bin_dir:
            query = pathlib.Path(bin_dir, "dpkg-query")
            lines = "".join(f"installed {name}\\n" for name in installed)
            query.write_text(f"#!/bin/sh\nprintf '{lines}'\nexit 1\n")
            query.chmod(0o755)
            script = (f'cd "{TOOLS.parent}" && . tools/common.sh && . tools/setup.sh && PATH="{bin_dir}:$PATH"\n'
                      'install_packages() { printf "%s\\n" "$@"; }\n'
                      'need_packages build\n')
            env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, env=env)
        # Not on Debian, or not root without sudo: it says what to install.
        return set((done.stdout + done.stderr).replace(",", " ").split())

    def test_packages_that_dpkg_does_not_know_are_installed(self):
        found = self.missing(["cmake"])
        self.assertIn("libfmt-dev", found)
        self.assertIn("acpica-tools", found)
        self.assertNotIn("cmake", found)


if __name__ == "__main__":
    unittest.main()
