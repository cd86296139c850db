// SPDX-License-Identifier: Apache-2.0
// The PCI Express host bridge: bus 0 alone, whose 32 slots are devices of the root complex. It is
// compiled twice, with a 64-bit window (MMIO64) and without. build_acpi() replaces the addresses
// and sizes of the memory windows and of ECAM with the board's.
DefinitionBlock ("", "SSDT", 2, "TAKTVM", "TAKT-PCI", 0x00000001)
{
    Scope (\_SB)
    {
        // ECAM belongs to no window of the bridge: PCI Firmware Specification 3.3, 4.1.2, has it
        // reserved as a resource of the motherboard.
        Device (ECAM)
        {
            Name (_HID, EisaId ("PNP0C02"))
            Name (_UID, 0x01)
            Name (_CRS, ResourceTemplate ()
            {
                Memory32Fixed (ReadWrite, 0xE0000000, 0x00100000)
            })
        }

        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A08"))
            Name (_CID, EisaId ("PNP0A03"))
            Name (_UID, 0x00)
            Name (_SEG, 0x00)
            Name (_BBN, 0x00)

            Name (_CRS, ResourceTemplate ()
            {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode,
                    0x0000, 0x0000, 0x0000, 0x0000, 0x0001)
                IO (Decode16, 0x0CF8, 0x0CF8, 0x01, 0x08)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                    0x0000, 0x0000, 0x0CF7, 0x0000, 0x0CF8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange,
                    0x0000, 0x0D00, 0xFFFF, 0x0000, 0xF300)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                    ReadWrite, 0x00000000, 0xC0000000, 0xDFFFFFFF, 0x00000000, 0x20000000)
#ifdef MMIO64
                QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable,
                    ReadWrite, 0x0000000000000000, 0x0000008000000000, 0x000000BFFFFFFFFF,
                    0x0000000000000000, 0x0000004000000000)
#endif
            })

            // INTA# of slot n is GSI 16 + n % 8. Without a link device (source 0) an interrupt is
            // level-triggered and active low, as on every PCI bus (ACPI 6.5, 6.2.13). No device
            // has the other pins.
            Name (_PRT, Package (0x20)
            {
                Package (0x04) {0x0000FFFF, 0x00, 0x00, 0x10},
                Package (0x04) {0x0001FFFF, 0x00, 0x00, 0x11},
                Package (0x04) {0x0002FFFF, 0x00, 0x00, 0x12},
                Package (0x04) {0x0003FFFF, 0x00, 0x00, 0x13},
                Package (0x04) {0x0004FFFF, 0x00, 0x00, 0x14},
                Package (0x04) {0x0005FFFF, 0x00, 0x00, 0x15},
                Package (0x04) {0x0006FFFF, 0x00, 0x00, 0x16},
                Package (0x04) {0x0007FFFF, 0x00, 0x00, 0x17},
                Package (0x04) {0x0008FFFF, 0x00, 0x00, 0x10},
                Package (0x04) {0x0009FFFF, 0x00, 0x00, 0x11},
                Package (0x04) {0x000AFFFF, 0x00, 0x00, 0x12},
                Package (0x04) {0x000BFFFF, 0x00, 0x00, 0x13},
                Package (0x04) {0x000CFFFF, 0x00, 0x00, 0x14},
                Package (0x04) {0x000DFFFF, 0x00, 0x00, 0x15},
                Package (0x04) {0x000EFFFF, 0x00, 0x00, 0x16},
                Package (0x04) {0x000FFFFF, 0x00, 0x00, 0x17},
                Package (0x04) {0x0010FFFF, 0x00, 0x00, 0x10},
                Package (0x04) {0x0011FFFF, 0x00, 0x00, 0x11},
                Package (0x04) {0x0012FFFF, 0x00, 0x00, 0x12},
                Package (0x04) {0x0013FFFF, 0x00, 0x00, 0x13},
                Package (0x04) {0x0014FFFF, 0x00, 0x00, 0x14},
                Package (0x04) {0x0015FFFF, 0x00, 0x00, 0x15},
                Package (0x04) {0x0016FFFF, 0x00, 0x00, 0x16},
                Package (0x04) {0x0017FFFF, 0x00, 0x00, 0x17},
                Package (0x04) {0x0018FFFF, 0x00, 0x00, 0x10},
                Package (0x04) {0x0019FFFF, 0x00, 0x00, 0x11},
                Package (0x04) {0x001AFFFF, 0x00, 0x00, 0x12},
                Package (0x04) {0x001BFFFF, 0x00, 0x00, 0x13},
                Package (0x04) {0x001CFFFF, 0x00, 0x00, 0x14},
                Package (0x04) {0x001DFFFF, 0x00, 0x00, 0x15},
                Package (0x04) {0x001EFFFF, 0x00, 0x00, 0x16},
                Package (0x04) {0x001FFFFF, 0x00, 0x00, 0x17}
            })

            // PCI Firmware Specification 3.3, 4.5.1. No firmware runs beside the guest, so it gets
            // what it asks for: PME, AER and the capability structure (bits 2 to 4). Hot-plug
            // (bits 0 and 1) is masked, since no slot has it.
            Method (_OSC, 4, Serialized)
            {
                CreateDWordField (Arg3, 0x00, STAT)
                If ((Arg0 == ToUUID ("33DB4D5B-1FF7-401C-9657-7441C03DD766")))
                {
                    If ((Arg1 != 0x01))
                    {
                        STAT |= 0x08    // unrecognized revision
                        Return (Arg3)
                    }

                    CreateDWordField (Arg3, 0x08, CTRL)
                    Local0 = (CTRL & 0x1C)
                    If ((Local0 != CTRL))
                    {
                        STAT |= 0x10    // capabilities masked
                        CTRL = Local0
                    }

                    Return (Arg3)
                }

                STAT |= 0x04            // unrecognized UUID
                Return (Arg3)
            }
        }
    }
}
