// SPDX-License-Identifier: Apache-2.0
// What every takt machine has. Optional devices are in SSDTs of their own (acpi_ssdt_*.asl), so
// that a board lists what it has by choosing tables.
DefinitionBlock ("", "DSDT", 2, "TAKTVM", "TAKT-X86", 0x00000001)
{
    // Power-off. The first element is the SLP_TYP that the guest writes to the sleep control
    // register (ACPI 6.5, 4.8.3.7); build_acpi() replaces it with the value of the board's device.
    // The second one belongs to PM1b, which hardware-reduced machines do not have.
    Name (_S5, Package (0x04) {0x05, 0x00, 0x00, 0x00})
}
