# SPDX-License-Identifier: Apache-2.0
"""The files of examples/ run as they are: on a host with two CPUs of which one is set aside (stress mode,
no figures). One job, lab/examples.sh."""

import unittest

from harness import probe, repo
from lab_harness import LabTest, run_job


class Examples(LabTest):
    @classmethod
    def setUpClass(cls):
        files = []
        for name in ("controller", "mixed", "rtos"):
            files += ["--add", f"{repo}/examples/{name}.toml:/job/{name}.toml"]
        cls.out = run_job("examples", "examples.sh", "--mode", "stress", "--add", f"{probe}:/probe", *files)

    def threads(self, vm):
        return {t["name"]: t for t in self.effective(vm)["threads"]}

    def test_the_controller_boots_and_its_vcpu_is_real_time_on_the_cpu_set_aside(self):
        self.assert_status("controller", 0)
        self.assertIn("TAKT-END smp status=0", self.text("controller.console"))
        vcpu = self.threads("controller")["vcpu0"]
        self.assertEqual((vcpu["policy"], vcpu["priority"], vcpu["cpus"]), ("fifo", 80, "1"))
        self.assertEqual(self.threads("controller")["console"]["cpus"], "0")

    def test_the_mixed_pair_boots_with_one_real_time_vcpu_of_two(self):
        self.assert_status("mixed", 0)
        self.assertIn("TAKT-CPUS 2", self.text("mixed.console"))
        threads = self.threads("mixed")
        self.assertEqual((threads["vcpu0"]["policy"], threads["vcpu0"]["cpus"]), ("other", "0"))
        self.assertEqual((threads["vcpu1"]["policy"], threads["vcpu1"]["cpus"]), ("fifo", "1"))

    def test_the_rtos_image_keeps_time(self):
        self.assert_status("rtos", 1)  # the probe's way to say that all is done
        self.assertIn("TAKT-PROBE done", self.text("rtos.console"))
        self.assertTrue(self.effective("rtos")["memory"]["prefaulted"])


if __name__ == "__main__":
    unittest.main()
