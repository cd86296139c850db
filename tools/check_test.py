#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That the checks of ./dev lint find what they are for."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_layers
import check_rt
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
        self.assert_finds("virtio", '#include "host/tap.h"\n', "know nothing")

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


class RealTime(unittest.TestCase):
    def found(self, text, name="src/vm/a.cpp"):
        return [message for _, message in check_rt.check_file(name, text)]

    def assert_finds(self, text, part, name="src/vm/a.cpp"):
        found = self.found(text, name)
        self.assertEqual(len(found), 1, (text, found))
        self.assertIn(part, found[0])

    def in_marked(self, body):
        return f"void A::b(int c) const RT override {{\n  if (c) {{\n    {body}\n  }}\n}}\n"

    def test_each_lock_but_pi_mutex_is_found(self):
        for text in ("std::mutex m_;", "std::shared_mutex m_;", "std::recursive_mutex m_;", "std::lock_guard l{m};",
                     "std::unique_lock l{m};", "std::call_once(f, g);", "pthread_mutex_lock(&m);",
                     "pthread_rwlock_t m;", "pthread_spin_lock(&s);"):
            self.assert_finds(text, "no lock but PiMutex")
        self.assertEqual(self.found("PiMutex mutex_; const PiLock lock{mutex_};"), [])

    def test_each_way_to_wait_for_a_thread_but_an_eventfd_is_found(self):
        for text in ("std::condition_variable c_;", "std::condition_variable_any c_;", "pthread_cond_wait(&c, p);",
                     "std::future<int> f;", "std::promise<int> p;", "std::async(f);", "std::counting_semaphore<1> s;",
                     "sem_wait(&s);", "std::barrier b{2};"):
            self.assert_finds(text, "wake up by an eventfd")

    def test_sleeping_and_threads_without_a_place_are_found(self):
        for text in ("std::this_thread::sleep_for(ms);", "std::this_thread::sleep_until(t);", "usleep(1);",
                     "::nanosleep(&t, nullptr);", "::clock_nanosleep(c, 0, &t, nullptr);"):
            self.assert_finds(text, "nobody sleeps")
        self.assert_finds("std::thread t{f};", "base/thread.h")
        self.assert_finds("std::jthread t{f};", "base/thread.h")

    def test_a_system_call_by_number_is_found_but_in_the_files_of_the_list(self):
        self.assert_finds("::syscall(SYS_write, 1);", "past the real-time guard")
        self.assertEqual(self.found("::syscall(SYS_futex, 1);", "src/base/pi_mutex.cpp"), [])
        self.assert_finds("std::mutex m;", "PiMutex", "src/base/pi_mutex.cpp")

    def test_tests_comments_and_literals_are_free(self):
        self.assertEqual(self.found("std::mutex m;", "src/vm/a_test.cpp"), [])
        self.assertEqual(self.found("std::mutex m;", "src/dev/fakes.h"), [])
        self.assertEqual(self.found('// std::mutex\nauto a = "std::mutex";'), [])

    def test_each_allocation_and_message_in_a_marked_function_is_found(self):
        for body, part in (("auto* p = new int;", "new"), ("delete p;", "delete"), ("throw 1;", "throw"),
                           ("std::string s;", "allocates"), ("v_.push_back(c);", "allocates"),
                           ("auto s = std::to_string(c);", "allocation"), ("auto p = std::make_unique<int>(1);", "alloc"),
                           ("std::function<void()> f = g;", "std::function"), ('fmt::print("x");', "fmt"),
                           ('say("x");', "say()"), ('return sys_error("x");', "Error"), ("std::cerr << c;", "stream")):
            self.assert_finds(self.in_marked(body), f"{part}")
            self.assertEqual(self.found(self.in_marked(body).replace("RT override ", "")), [])

    def test_the_line_is_the_one_of_the_finding(self):
        self.assertEqual([line for line, _ in check_rt.check_file("src/vm/a.cpp", self.in_marked("say(x);"))], [3])

    def test_views_deleted_functions_and_bugs_may_stand_in_a_marked_function(self):
        for body in ("std::string_view s = t;", 'VMM_BUG("x");', "newest_ = deleted_;", "A(const A&) = delete;"):
            self.assertEqual(self.found(self.in_marked(body)), [])

    def test_a_hole_ends_with_its_block(self):
        self.assertEqual(self.found(self.in_marked("const rt::Allowed the_end;\n say(x);")), [])
        self.assertEqual(self.found(self.in_marked("{ const rt::Idle w; if (c) { say(x); } }")), [])
        self.assert_finds(self.in_marked("{ const rt::Allowed h; } say(x);"), "say()")
        self.assert_finds(self.in_marked("say(x); const rt::Allowed late;"), "say()")

    def test_constructors_with_initialisers_are_looked_at(self):
        self.assert_finds("A::A(int b) RT : b_{b}, c_{} { say(x); }\n", "say()")

    def test_the_command_fails_on_a_finding_and_on_nothing(self):
        with tempfile.TemporaryDirectory() as root:
            def run():
                command = [sys.executable, TOOLS / "check_rt.py", root]
                return subprocess.run(command, capture_output=True, text=True, check=False)

            self.assertIn("no sources", run().stdout)
            for _, name in check_rt.ALLOWED:
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("\n")
            self.assertEqual((run().returncode, run().stdout), (0, ""))
            bad = pathlib.Path(root, "src", "vm", "bad.cpp")
            bad.write_text("\nstd::mutex m;\n")
            self.assertEqual(run().returncode, 1)
            self.assertTrue(run().stdout.startswith("src/vm/bad.cpp:2: std::mutex: "), run().stdout)

    def test_an_exception_for_a_file_that_has_gone_is_found(self):
        with tempfile.TemporaryDirectory() as root:
            self.assertEqual(len(check_rt.stale(pathlib.Path(root))), len(check_rt.ALLOWED))
        self.assertEqual(check_rt.stale(TOOLS.parent), [])


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
