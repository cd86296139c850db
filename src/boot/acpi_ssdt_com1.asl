// SPDX-License-Identifier: Apache-2.0
// The 16550A on COM1.
DefinitionBlock ("", "SSDT", 2, "TAKTVM", "TAKTCOM1", 0x00000001)
{
    Scope (\_SB)
    {
        Device (COM1)
        {
            Name (_HID, EisaId ("PNP0501"))
            Name (_UID, 0x01)
            Name (_DDN, "COM1")
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x03F8, 0x03F8, 0x01, 0x08)
                // The extended descriptor names a GSI. IRQ () would name an input of a pair of
                // 8259s, which a guest of a hardware-reduced machine does not look for.
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) {0x00000004}
            })
        }
    }
}
