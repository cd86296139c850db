# SPDX-License-Identifier: Apache-2.0
"""A guest whose network card is passt's: packets of a real driver, sockets of the host, no tap. One job, lab/passt.sh."""

import unittest

from lab_harness import LabTest, echo_on_both_sides, fpu_warning, run_job


class Passt(LabTest):
    @classmethod
    def setUpClass(cls):
        cls.out = run_job("passt", "passt.sh", "--with", "devices", "--with", "passt", *echo_on_both_sides)
        cls.console = cls.text(cls, "passt.console")

    def test_it_powers_off_with_status_0(self):
        self.assert_status("passt", 0)

    def test_a_stream_arrives_whole_in_both_directions(self):
        sums = {text.split()[0] for text in (self.text("sent"), self.text("to-guest"), self.said_well("from-host"))}
        self.assertEqual(len(sums), 1, sums)

    def test_messages_come_back(self):
        self.assertIn("# Total: 200\n", self.text("tcp"))
        self.assertIn("# Lost: 0\n", self.text("tcp"))

    def test_passt_lives_as_long_as_the_vm(self):
        self.assertRegex(self.text("during"), "passt")
        self.assertEqual(self.text("after"), "")

    def test_there_are_no_warnings(self):
        self.assert_no_warnings("passt", but=fpu_warning)


if __name__ == "__main__":
    unittest.main()
