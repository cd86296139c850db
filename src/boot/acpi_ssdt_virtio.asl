// SPDX-License-Identifier: Apache-2.0
// Virtio's windows of memory (virtio 1.2, 4.2), as Linux knows them: LNRO0005. Their places are
// those of vm/layout_x86.h. build_virtio_ssdt() replaces VWIN, the number of those that are there.
DefinitionBlock ("", "SSDT", 2, "TAKTVM", "TAKT-VIO", 0x00000001)
{
    Scope (\_SB)
    {
        Name (VWIN, 0x08)

        Device (VIO0)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x00)
            Name (_CCA, 0x01)
            Method (_STA, 0, NotSerialized)
            {
                If ((VWIN > 0x00)) { Return (0x0F) }
                Return (0x00)
            }
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFE000000, 0x00000200)
                Interrupt (ResourceConsumer, Level, ActiveLow, Shared) {0x00000010}
            })
        }

        Device (VIO1)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x01)
            Name (_CCA, 0x01)
            Method (_STA, 0, NotSerialized)
            {
                If ((VWIN > 0x01)) { Return (0x0F) }
                Return (0x00)
            }
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFE001000, 0x00000200)
                Interrupt (ResourceConsumer, Level, ActiveLow, Shared) {0x00000011}
            })
        }

        Device (VIO2)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x02)
            Name (_CCA, 0x01)
            Method (_STA, 0, NotSerialized)
            {
                If ((VWIN > 0x02)) { Return (0x0F) }
                Return (0x00)
            }
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFE002000, 0x00000200)
                Interrupt (ResourceConsumer, Level, ActiveLow, Shared) {0x00000012}
            })
        }

        Device (VIO3)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x03)
            Name (_CCA, 0x01)
            Method (_STA, 0, NotSerialized)
            {
                If ((VWIN > 0x03)) { Return (0x0F) }
                Return (0x00)
            }
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFE003000, 0x00000200)
                Interrupt (ResourceConsumer, Level, ActiveLow, Shared) {0x00000013}
            })
        }

        Device (VIO4)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x04)
            Name (_CCA, 0x01)
            Method (_STA, 0, NotSerialized)
            {
                If ((VWIN > 0x04)) { Return (0x0F) }
                Return (0x00)
            }
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFE004000, 0x00000200)
                Interrupt (ResourceConsumer, Level, ActiveLow, Shared) {0x00000014}
            })
        }

        Device (VIO5)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x05)
            Name (_CCA, 0x01)
            Method (_STA, 0, NotSerialized)
            {
                If ((VWIN > 0x05)) { Return (0x0F) }
                Return (0x00)
            }
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFE005000, 0x00000200)
                Interrupt (ResourceConsumer, Level, ActiveLow, Shared) {0x00000015}
            })
        }

        Device (VIO6)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x06)
            Name (_CCA, 0x01)
            Method (_STA, 0, NotSerialized)
            {
                If ((VWIN > 0x06)) { Return (0x0F) }
                Return (0x00)
            }
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFE006000, 0x00000200)
                Interrupt (ResourceConsumer, Level, ActiveLow, Shared) {0x00000016}
            })
        }

        Device (VIO7)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0x07)
            Name (_CCA, 0x01)
            Method (_STA, 0, NotSerialized)
            {
                If ((VWIN > 0x07)) { Return (0x0F) }
                Return (0x00)
            }
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xFE007000, 0x00000200)
                Interrupt (ResourceConsumer, Level, ActiveLow, Shared) {0x00000017}
            })
        }
    }
}
