# SPDX-License-Identifier: Apache-2.0
"""The control socket of a running VM: HTTP by hand, by curl and by takt's own commands."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
import unittest

import images
from harness import TaktTest, needs_kvm, read_until, takt_bin, until


class Control(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("takt", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)

    def ask(self, method, target, body=None):
        self.request(method, target, body)
        reply = self.getresponse()
        return reply.status, reply.read()


class ControlTest(TaktTest):
    def start_controlled(self, image, *arguments, **how):
        self.path = str(self.dir / "vm.sock")
        running = self.start(self.command("--control", self.path, *arguments, kernel=self.guest(image)),
                             **how)
        until(lambda: running.process.poll() is not None or self.answers(), "takt answers")
        if running.process.poll() is not None:
            self.fail(f"takt ended at once{running.wait()}")
        return running

    def answers(self):
        try:
            return self.ask("GET", "/api/v1/vmm.ping")[0] == 200
        except OSError:
            return False

    def client(self):
        control = Control(self.path)
        self.addCleanup(control.close)
        return control

    def ask(self, method, target, body=None):
        return self.client().ask(method, target, body)

    def put(self, action):
        status, body = self.ask("PUT", f"/api/v1/{action}")
        return status, json.loads(body)["error"] if body else ""

    def stat(self):
        return json.loads(self.ask("GET", "/api/v1/vm.stat")[1])

    def takt(self, *arguments, environment=None):
        return subprocess.run([takt_bin, *arguments], capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL, env=environment)

    def raw(self, data):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect(self.path)
            try:
                client.sendall(data)
            except BrokenPipeError:
                pass
            got = b""
            try:
                while piece := client.recv(4096):
                    got += piece
            except ConnectionResetError:
                pass
            return got


def pio_exits(statistics):
    return sum(v["exits"].get("pio", {}).get("count", 0) for v in statistics["vcpus"])


@needs_kvm
class Endpoints(ControlTest):
    def test_the_socket_is_for_its_user_alone_and_goes_away(self):
        running = self.start_controlled(images.halts())
        self.assertEqual(stat.S_IMODE(os.stat(self.path).st_mode), 0o600)
        self.assertIn("ctl", running.threads())
        running.send(signal.SIGTERM)
        self.assert_status(running.wait(), 143)
        self.assertFalse(os.path.exists(self.path))

    def test_info_says_what_is_in_force(self):
        self.start_controlled(images.halts(), "--cpus", "2")
        info = json.loads(self.ask("GET", "/api/v1/vm.info")[1])
        self.assertEqual(info["state"], "running")
        names = [t["name"] for t in info["threads"]]
        self.assertEqual(sorted(names), ["console", "console-out", "ctl", "takt", "vcpu0", "vcpu1"])

    def test_stat_counts_while_the_guest_runs(self):
        self.start_controlled(images.floods())
        first = self.stat()
        until(lambda: pio_exits(self.stat()) > pio_exits(first) + 100, "exits go on")
        later = self.stat()
        self.assertGreater(later["uptime_ns"], first["uptime_ns"])
        pio = later["vcpus"][0]["exits"]["pio"]
        self.assertLessEqual(pio["p50_ns"], pio["p99_ns"])
        self.assertLessEqual(pio["p99_ns"], pio["max_ns"])
        self.assertLessEqual(pio["max_at_ns"], later["uptime_ns"])
        (vcpu,) = [t for t in later["threads"] if t["name"] == "vcpu0"]
        self.assertGreater(vcpu["run_ns"], 0)

    def test_statistics_do_not_interrupt_a_vcpu(self):
        self.start_controlled(images.floods())
        interrupted = [self.stat()["vcpus"][0]["exits"].get("interrupted", {}).get("count", 0)]
        for _ in range(100):
            last = self.stat()
        interrupted.append(last["vcpus"][0]["exits"].get("interrupted", {}).get("count", 0))
        self.assertEqual(*interrupted)

    def test_metrics_are_openmetrics(self):
        self.start_controlled(images.floods())
        until(lambda: pio_exits(self.stat()) > 0, "an exit")
        control = self.client()
        control.request("GET", "/metrics")
        reply = control.getresponse()
        text = reply.read().decode()
        self.assertIn("application/openmetrics-text", reply.getheader("Content-Type"))
        check_open_metrics(self, text)
        self.assertIn('kind="pio"', text)

    def test_what_is_not_there_is_404_and_a_wrong_method_405(self):
        self.start_controlled(images.halts())
        for target in ("/", "/api", "/api/v1/", "/api/v1/vm.boot", "/../etc/passwd"):
            self.assertEqual(self.ask("GET", target)[0], 404, target)
        control = self.client()
        control.request("GET", "/api/v1/vm.pause")
        reply = control.getresponse()
        self.assertEqual((reply.status, reply.getheader("Allow")), (405, "PUT"))
        self.assertIn("error", json.loads(reply.read()))

    def test_shutdown_without_a_button_says_what_to_do(self):
        running = self.start_controlled(images.halts())
        status, error = self.put("vm.shutdown")
        self.assertEqual(status, 501)
        self.assertIn("vm.power-off", error)
        self.assertEqual(self.put("vm.power-off")[0], 204)
        self.assert_status(running.wait(), 0)

    def test_a_reset_ends_takt_with_status_4(self):
        running = self.start_controlled(images.spins())
        self.assertEqual(self.put("vm.reset")[0], 204)
        ended = running.wait()
        self.assert_status(ended, 4)
        self.assert_one_line(ended, "reset was asked for")

    @unittest.skipUnless(shutil.which("curl"), "no curl")
    def test_curl_can_drive_it(self):
        self.start_controlled(images.halts())
        curl = ["curl", "-sS", "--unix-socket", self.path]
        done = subprocess.run([*curl, "-X", "PUT", "http://takt/api/v1/vm.pause", "-w", "%{http_code}"],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.stdout, "204", done.stderr)
        done = subprocess.run([*curl, "http://takt/api/v1/vm.info"], capture_output=True, timeout=30)
        self.assertEqual(json.loads(done.stdout)["state"], "paused")


@needs_kvm
class Pause(ControlTest):
    def test_a_paused_guest_stands_still_and_goes_on(self):
        self.start_controlled(images.floods())
        until(lambda: pio_exits(self.stat()) > 0, "an exit")
        self.assertEqual(self.put("vm.pause"), (204, ""))
        first = self.stat()
        self.assertEqual(first["state"], "paused")
        time.sleep(0.05)
        self.assertEqual(pio_exits(self.stat()), pio_exits(first))
        self.assertEqual(self.put("vm.pause")[0], 409)
        self.assertEqual(self.put("vm.resume"), (204, ""))
        self.assertEqual(self.put("vm.resume")[0], 409)
        until(lambda: pio_exits(self.stat()) > pio_exits(first), "the guest goes on")

    def test_two_hundred_times_in_a_row_the_guest_lives(self):
        inside, self.console = os.pipe()
        out, stdout = os.pipe()
        for fd in (inside, self.console, out, stdout):
            self.addCleanup(os.close, fd)
        running = self.start_controlled(images.echoes(), "--cpus", "4", stdin=inside, stdout=stdout)
        read_until(out, b"ready")
        control = self.client()
        for n in range(200):
            self.assertEqual(control.ask("PUT", "/api/v1/vm.pause")[0], 204, n)
            self.assertEqual(control.ask("PUT", "/api/v1/vm.resume")[0], 204, n)
        os.write(self.console, b"x")
        read_until(out, b"x")
        os.write(self.console, b"q")
        self.assert_status(running.wait(), 0x2A << 1 | 1)

    def test_a_halted_and_a_spinning_guest_pause_too(self):
        for image in (images.halts(), images.spins()):
            running = self.start_controlled(image)
            for _ in range(20):
                self.assertEqual(self.put("vm.pause")[0], 204)
                self.assertEqual(self.put("vm.resume")[0], 204)
            running.send(signal.SIGTERM)
            self.assert_status(running.wait(), 143)

    def test_a_paused_vm_can_be_ended(self):
        for end in (lambda r: r.send(signal.SIGTERM), lambda r: self.put("vm.power-off"),
                    lambda r: self.put("vm.reset")):
            running = self.start_controlled(images.floods(), "--cpus", "2")
            self.assertEqual(self.put("vm.pause")[0], 204)
            self.assertEqual(self.put("vm.shutdown")[0], 409)
            end(running)
            self.assertIn(running.wait(20).status, (143, 0, 4))


@needs_kvm
class BadClients(ControlTest):
    def test_garbage_gets_an_answer_and_takt_lives(self):
        self.start_controlled(images.halts())
        for data, status in ((b"\x00\xff\r\n\r\n", b"400"), (b"GET\r\n\r\n", b"400"),
                             (b"GET / HTTP/9.9\r\n\r\n", b"400"),
                             (b"A" * 100_000, b"431"),
                             (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 10_000, b"431"),
                             (b"PUT /api/v1/vm.pause HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
                             (b"PUT /api/v1/vm.pause HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400")):
            got = self.raw(data)
            self.assertTrue(got == b"" or got.startswith(b"HTTP/1.1 " + status), (data[:50], got[:200]))
        self.assertEqual(self.stat()["state"], "running")

    def test_clients_that_drip_do_not_block_others(self):
        self.start_controlled(images.halts())
        slow = []
        for _ in range(40):
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            client.connect(self.path)
            client.sendall(b"GET /")
            slow.append(client)
        # On a busy machine the 40 may still be in the socket's queue, which then takes no more.
        until(self.answers, "a client beside those that drip is answered", 5)
        slow[-1].settimeout(30)
        self.assertEqual(slow[-1].recv(1), b"", "a client that is too slow is hung up on")

    def test_two_clients_at_once(self):
        self.start_controlled(images.floods())
        wrong = []

        def poll():
            control = Control(self.path)
            for _ in range(100):
                status, body = control.ask("GET", "/api/v1/vm.stat")
                if status != 200 or "vcpus" not in json.loads(body):
                    wrong.append((status, body))
            control.close()

        threads = [threading.Thread(target=poll) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(wrong, [])


@needs_kvm
class Commands(ControlTest):
    def named(self, *arguments):
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": str(self.dir)}
        self.name = f"test-{os.getpid()}"
        running = self.start(self.command("--name", self.name, *arguments,
                                          kernel=self.guest(images.floods())), env=self.environment)
        until(lambda: self.name in self.run_takt("list").stdout.split() or
              running.process.poll() is not None, "the VM is listed")
        return running

    def run_takt(self, *arguments):
        return self.takt(*arguments, environment=self.environment)

    def test_a_vm_is_found_by_its_name(self):
        running = self.named()
        table = self.run_takt("stat", self.name)
        self.assertEqual((table.returncode, table.stderr), (0, ""))
        self.assertIn("vcpu0", table.stdout)
        self.assertEqual(json.loads(self.run_takt("stat", self.name, "--json").stdout)["name"], self.name)
        self.assertEqual(self.run_takt("pause", self.name).returncode, 0)
        again = self.run_takt("pause", self.name)
        self.assertEqual((again.returncode, again.stderr),
                         (1, f"takt: {self.name}: the VM is paused already\n"))
        self.assertEqual(self.run_takt("resume", self.name).returncode, 0)
        self.assertIn("q quits", self.run_takt("top", self.name).stdout)  # stdin is at its end
        self.assertEqual(self.run_takt("shutdown", "--force", self.name).returncode, 0)
        self.assert_status(running.wait(), 0)
        self.assertNotIn(self.name, self.run_takt("list").stdout.split())

    def test_the_name_of_a_running_vm_is_refused(self):
        self.named()
        self.assert_refused(self.command("--name", self.name, kernel=self.guest(images.halts())), 2,
                            self.name, "another --name", env=self.environment)

    def test_a_vm_that_is_not_there_names_those_that_are(self):
        self.named()
        done = self.run_takt("stat", "nobody")
        self.assertEqual(done.returncode, 2)
        self.assertIn(self.name, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_the_socket_of_a_vm_that_was_killed_is_taken_over(self):
        running = self.named()
        running.kill()
        self.assertNotIn(self.name, self.run_takt("list").stdout.split())
        self.named().send(signal.SIGTERM)

    def test_two_vms_without_names_do_not_meet(self):
        first = self.start_guest(images.halts())
        second = self.start_guest(images.halts())
        for running in (first, second):
            self.assertNotIn("ctl", running.threads())

    def test_a_name_that_cannot_be_a_files_is_refused(self):
        for name in ("a/b", "..", ".a", "-a", "a b"):
            self.assert_refused(self.command(f"--name={name}", kernel=self.guest(images.halts())), 2,
                                "name", "letters, digits")

    def test_a_path_that_is_too_long_is_refused(self):
        path = str(self.dir / ("x" * 120))
        self.assert_refused(self.command("--control", path, kernel=self.guest(images.halts())), 2,
                            "at most 107 bytes")


sample = re.compile(r'(?P<name>[a-z_]+)\{(?P<labels>[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*)\} '
                    r'(?P<value>[0-9.e+-]+)')
suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket",)}


def check_open_metrics(test, text):
    """OpenMetrics 1.0.0: families in one piece with their metadata first, the right suffixes, buckets that
    grow to +Inf, the end mark."""
    test.assertTrue(text.endswith("\n# EOF\n"))
    family, kind, seen, last = None, None, set(), {}
    for line in text.splitlines()[:-1]:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            test.assertNotIn(family, seen)
            seen.add(family)
        elif line.startswith(("# HELP ", "# UNIT ")):
            test.assertEqual(line.split(" ")[2], family)
            if line.startswith("# UNIT "):
                test.assertTrue(family.endswith("_" + line.split(" ")[3]), line)
        else:
            found = sample.fullmatch(line)
            test.assertTrue(found, line)
            test.assertIn(found["name"], [family + s for s in suffixes[kind]], line)
            value = float(found["value"])
            if kind == "histogram":
                labels, _, bound = found["labels"].rpartition(',le="')
                bound = float(bound.rstrip('"'))
                before = last.get(labels, (-1.0, 0.0))
                test.assertLess(before[0], bound, line)
                test.assertLessEqual(before[1], value, line)
                last[labels] = (bound, value)
    for labels, (bound, _) in last.items():
        test.assertEqual(bound, float("inf"), labels)
