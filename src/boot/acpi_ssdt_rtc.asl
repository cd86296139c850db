// SPDX-License-Identifier: Apache-2.0
// The CMOS clock: its index and data ports. It tells the time and raises no interrupt.
DefinitionBlock ("", "SSDT", 2, "TAKTVM", "TAKT-RTC", 0x00000001)
{
    Scope (\_SB)
    {
        Device (RTC)
        {
            Name (_HID, EisaId ("PNP0B00"))
            Name (_CRS, ResourceTemplate ()
            {
                IO (Decode16, 0x0070, 0x0070, 0x01, 0x02)
            })
        }
    }
}
