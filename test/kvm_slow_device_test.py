# SPDX-License-Identifier: Apache-2.0
"""A slow device on one server delays neither another server nor another vCPU."""

import os
import statistics
import subprocess
import time

import images
from harness import TaktTest, needs_kvm, read_until

job_s = 0.005


@needs_kvm
class SlowDevice(TaktTest):
    """vCPU 1 keeps the slow device busy without a pause, 5 ms for each job; vCPU 0 echoes."""

    def test_the_console_on_another_server_goes_on(self):
        for access in "server", "lock":
            with self.subTest(access=access):
                echo_s, stats = self.echoes("--device", f"slow:access={access}")
                self.assertLess(echo_s, job_s)
                self.assert_slow(stats["vcpus"][1]["handling"]["mmio"])
                self.assertLess(stats["vcpus"][0]["handling"]["pio"]["p50_ns"], job_s * 1e9)

    def test_the_console_on_the_same_server_waits(self):
        """That the test above can fail."""
        echo_s, _ = self.echoes("--device", "uart:server=slow", from_first_slow=True)
        self.assertGreater(echo_s, job_s)

    def test_the_servers_say_whose_work_took_how_long(self):
        _, stats = self.echoes()
        servers = {server["name"]: server["handling"]["job"] for server in stats["servers"]}
        self.assert_slow(servers["slow"])
        self.assertEqual(servers["slow"]["slowest"]["device"], "slow")
        self.assertLess(servers["console"]["p50_ns"], job_s * 1e9)

    def assert_slow(self, handling):
        self.assertGreater(handling["count"], 20)
        self.assertGreater(handling["p99_ns"], job_s * 1e9 * 0.99)

    def echoes(self, *arguments, from_first_slow=False):
        """The median time that a byte takes to the guest and back, and what takt counted. `from_first_slow`: a busy machine
        may start vCPU 1 late, so not before it has been noticed (10 s at most)."""
        guest = self.guest(images.hammers_slow_device_and_echoes(int(job_s * 1e9)))
        running = self.start(self.command("--cpus", "2", "--testdev", "--print-stats", *arguments, kernel=guest),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with running.process.stdin as keys, running.process.stdout as screen:
            read_until(screen.fileno(), b"ready\n")
            end = time.monotonic() + 10
            while from_first_slow and self.echo(keys.fileno(), screen.fileno()) < job_s and time.monotonic() < end:
                pass
            took, end = [], time.monotonic() + 0.5
            while len(took) < 30 or time.monotonic() < end:
                took.append(self.echo(keys.fileno(), screen.fileno()))
            os.write(keys.fileno(), b"q")
            ended = running.wait(20)
        self.assert_status(ended, 0x55)
        return statistics.median(took), ended.json()

    @staticmethod
    def echo(keys, screen):
        begin = time.monotonic()
        os.write(keys, b".")
        read_until(screen, b".")
        return time.monotonic() - begin
