# SPDX-License-Identifier: Apache-2.0
"""Each way a run can end has its own exit status (src/vm/outcome.h)."""

import signal

import images
from harness import TaktTest, needs_kvm


@needs_kvm
class ExitStatus(TaktTest):
    def test_power_off_by_the_acpi_sleep_register_is_0(self):
        ended = self.run_guest(images.power_off())
        self.assert_status(ended, 0)
        self.assert_silent(ended)

    def test_another_sleep_type_does_not_power_off(self):
        code = images.Code().out8(images.acpi_sleep_control, 3 << 2 | 1 << 5)
        self.assert_status(self.run_guest(code.exit(5).image()), 11)

    def test_reset_by_the_acpi_register_is_4(self):
        ended = self.run_guest(images.writes((images.acpi_reset, 1)))
        self.assert_status(ended, 4)
        self.assert_one_line(ended, "reset")

    def test_reset_by_the_keyboard_controller_is_4(self):
        ended = self.run_guest(images.writes((0x64, 0xFE)))
        self.assert_status(ended, 4)
        self.assert_one_line(ended, "reset")

    def test_triple_fault_is_6(self):
        ended = self.run_guest(images.triple_fault())
        self.assert_status(ended, 6)
        self.assert_one_line(ended, "triple fault")

    def test_an_instruction_that_kvm_cannot_fetch_is_8(self):
        ended = self.run_guest(images.runs_away())
        self.assert_status(ended, 8)
        self.assert_one_line(ended, "internal error", "vcpu0", "rip 0xd0000000")

    def test_debug_exit_is_the_value_doubled_plus_1(self):
        self.assert_status(self.run_guest(images.writes((images.debug_exit, 0))), 1)
        self.assert_status(self.run_guest(images.writes((images.debug_exit, 0x2A))), 0x55)
        self.assert_status(self.run_guest(images.writes((images.debug_exit, 0x7F))), 0xFF)

    def test_debug_exit_keeps_eight_bits_of_a_wide_value(self):
        code = images.Code().out32(images.debug_exit, 0x10003).halt()
        self.assert_status(self.run_guest(code.image()), 7)

    def test_the_first_ending_counts(self):
        ended = self.run_guest(images.writes((images.acpi_reset, 1), (images.debug_exit, 3)))
        self.assert_status(ended, 4)

    def test_sigint_is_130(self):
        self.ended_by(signal.SIGINT, images.halts(), 130)

    def test_sigterm_is_143(self):
        self.ended_by(signal.SIGTERM, images.halts(), 143)

    def test_sighup_is_129(self):
        self.ended_by(signal.SIGHUP, images.halts(), 129)

    def test_sigterm_ends_a_guest_that_never_exits(self):
        self.ended_by(signal.SIGTERM, images.spins(), 143)

    def test_sigterm_ends_a_guest_that_exits_all_the_time(self):
        self.ended_by(signal.SIGTERM, images.floods(), 143, "--console", "none")

    def test_two_signals_end_it_once(self):
        running = self.start_guest(images.halts())
        running.send(signal.SIGTERM)
        running.send(signal.SIGTERM)
        self.assert_status(running.wait(10), 143)

    def test_output_before_the_end_is_not_lost(self):
        text = b"line\n" * 400 + b"last"
        ended = self.run_guest(images.says(text, 1))
        self.assert_status(ended, 3)
        self.assertEqual(ended.stdout, text, ended)

    def test_output_before_a_triple_fault_is_not_lost(self):
        ended = self.run_guest(images.triple_fault(b"before"))
        self.assert_status(ended, 6)
        self.assertEqual(ended.stdout, b"before", ended)

    def ended_by(self, number, image, status, *arguments):
        running = self.start_guest(image, *arguments)
        running.send(number)
        ended = running.wait(10)
        self.assert_status(ended, status)
        self.assert_silent(ended)


@needs_kvm
class ResetLoop(TaktTest):
    def test_a_guest_can_be_run_again_after_each_status(self):
        """As a supervisor would: start again after a reset, stop after a power-off."""
        reset = self.command(kernel=self.guest(images.writes((images.acpi_reset, 1)), "reset.bin"))
        off = self.command(kernel=self.guest(images.power_off(), "off.bin"))
        statuses = [self.run_to_end(c).status for c in (reset, reset, off)]
        self.assertEqual(statuses, [4, 4, 0])
