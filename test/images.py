# SPDX-License-Identifier: Apache-2.0
"""Guests of a few bytes: Multiboot 1 flat images, put together without a toolchain.

A guest starts in 32-bit protected mode with flat segments and interrupts off (Multiboot 0.6.96,
3.2). `Code` is the smallest assembler that these tests need; every method is one instruction or
one idiom, in Intel's notation in its comment.
"""

import struct

com1 = 0x3F8
lsr = com1 + 5
acpi_sleep_control = 0x600  # src/vm/layout_x86.h and src/dev/acpi_pm.h
acpi_reset = 0x602
debug_console = 0xE9
debug_exit = 0xF4
slow_device = 0xFF001000  # NS, POST, ASK: src/dev/slow_device.h

slow_device = 0xFF001000  # src/dev/slow_device.h

load_address = 0x100000
header_bytes = 0x20


class Code:
    def __init__(self):
        self.bytes = bytearray()
        self.labels = {}
        self.fixups = []

    def emit(self, *parts):
        for part in parts:
            self.bytes += part if isinstance(part, bytes) else bytes([part])
        return self

    def label(self, name):
        self.labels[name] = len(self.bytes)
        return self

    def jump(self, name, opcode=b"\xe9"):  # jmp name
        self.emit(opcode, b"\0\0\0\0")
        self.fixups.append((len(self.bytes), name))
        return self

    def jump_if_zero(self, name):  # jz name
        return self.jump(name, b"\x0f\x84")

    def port(self, number):  # mov dx, number
        return self.emit(0x66, 0xBA, struct.pack("<H", number))

    def out8(self, number, value):  # out dx, al
        return self.port(number).emit(0xB0, value, 0xEE)

    def out32(self, number, value):  # out dx, eax
        return self.port(number).emit(0xB8, struct.pack("<I", value), 0xEF)

    def store32(self, address, value):  # mov dword [address], value
        return self.emit(0xC7, 0x05, struct.pack("<II", address, value))

    def load32(self, address):  # mov eax, [address]
        return self.emit(0xA1, struct.pack("<I", address))

    def halt(self):  # cli; hlt; again
        return self.emit(0xFA, 0xF4, 0xEB, 0xFD)

    def wait_for(self, bit):
        """Until a bit of COM1's line status register is set; changes AL and DX."""
        # mov dx, lsr; again: in al, dx; test al, bit; jz again
        return self.port(lsr).emit(0xEC, 0xA8, bit, 0x74, 0xFB)

    def put_al(self):
        """AL to COM1, in polling mode; changes BL and DX."""
        self.emit(0x88, 0xC3).wait_for(0x20)  # mov bl, al
        return self.port(com1).emit(0x88, 0xD8, 0xEE)  # mov al, bl; out dx, al

    def put(self, text):
        for byte in text:
            self.emit(0xB0, byte).put_al()  # mov al, byte
        return self

    def interrupt_command(self, command):
        """To CPU 1, through the x2APIC; changes EAX, ECX and EDX."""
        # mov ecx, 0x830; mov edx, 1; mov eax, command; wrmsr
        return self.emit(0xB9, struct.pack("<I", 0x830), 0xBA, struct.pack("<I", 1),
                         0xB8, struct.pack("<I", command), 0x0F, 0x30)

    def exit(self, value):
        return self.out8(debug_exit, value).halt()

    def echo(self):
        self.put(b"ready\n").label("top").wait_for(0x01).port(com1)
        self.emit(0xEC, 0x3C, ord("q")).jump_if_zero("quit")  # in al, dx; cmp al, 'q'
        return self.put_al().jump("top").label("quit").exit(0x2A)

    def image(self):
        code = bytearray(self.bytes)
        for end, name in self.fixups:
            struct.pack_into("<i", code, end - 4, self.labels[name] - end)
        magic, flags = 0x1BADB002, 1 << 16  # load addresses follow
        return struct.pack(
            "<8I", magic, flags, -(magic + flags) & 0xFFFFFFFF, load_address, load_address, 0, 0,
            load_address + header_bytes) + bytes(code)


def writes(*port_values):
    """Writes bytes to ports, then halts."""
    code = Code()
    for number, value in port_values:
        code.out8(number, value)
    return code.halt().image()


def power_off():
    return writes((acpi_sleep_control, 5 << 2 | 1 << 5))  # SLP_TYP S5, SLP_EN


def halts():
    return Code().halt().image()


def spins():
    return Code().emit(0xEB, 0xFE).image()  # jmp $


def triple_fault(first=b""):
    """An invalid instruction and no interrupt table. (Not int3: a software KVM cannot emulate it.)"""
    code = Code().put(first).emit(0xBC, struct.pack("<I", 0x8000))  # mov esp, 0x8000
    # push 0; push 0; lidt [esp]; ud2
    return code.emit(0x6A, 0, 0x6A, 0, 0x0F, 0x01, 0x1C, 0x24, 0x0F, 0x0B).image()


def runs_away():
    """Jumps to where no memory is: no KVM can fetch an instruction there."""
    return Code().emit(0xB8, struct.pack("<I", 0xD0000000), 0xFF, 0xE0).image()  # mov eax; jmp eax


def says(text, exit_value=0):
    return Code().put(text).exit(exit_value).image()


def floods():
    """Writes 'x' to COM1 for ever."""
    return Code().label("top").put(b"x").jump("top").image()


def echoes():
    """Says "ready", sends back what it gets on COM1, until 'q': exit value 0x2a."""
    return Code().echo().image()


# Real mode, copied to trampoline_address, to 32-bit protected mode with flat segments. SDM vol. 3A, "Switching to
# Protected Mode"; the table is at the end: null, code, data.
trampoline_address = 0x8000
trampoline_gdt = struct.pack("<QQQ", 0, 0x00CF9A000000FFFF, 0x00CF92000000FFFF)


def trampoline(code):
    """`code` is 32-bit code for the second CPU."""
    begin = (b"\xfa\x2e\x0f\x01\x16%b"  # cli; lgdt cs:[...]
             b"\x0f\x20\xc0\x0c\x01\x0f\x22\xc0"  # mov eax, cr0; or al, 1; mov cr0, eax
             b"\x66\xea%b\x08\x00")  # jmp 0x08:...
    begin_bytes = len(begin) - 4 + 2 + 4
    code = b"\x66\xb8\x10\x00\x8e\xd8" + code  # mov ax, 0x10; mov ds, ax
    gdt = begin_bytes + len(code) + 6
    descriptor = struct.pack("<HI", len(trampoline_gdt) - 1, trampoline_address + gdt)
    return begin % (struct.pack("<H", gdt - 6), struct.pack("<I", trampoline_address + begin_bytes)) + \
        code + descriptor + trampoline_gdt


def hammers_slow_device_and_echoes(job_ns):
    """CPU 1 posts a job to the slow device and asks for one, for ever; CPU 0 is echoes()."""
    def store(address, value):  # mov dword [address], value
        return b"\xc7\x05" + struct.pack("<II", address, value)

    second = store(slow_device, job_ns)
    # again: mov [post], eax; mov eax, [ask]; jmp again
    second += b"\xa3" + struct.pack("<I", slow_device + 4) + b"\xa1" + struct.pack("<I", slow_device + 8) + b"\xeb\xf4"
    copied = trampoline(second)
    code = Code().jump("start").label("trampoline").emit(copied).label("start")
    source = load_address + header_bytes + code.labels["trampoline"]
    # mov esi, source; mov edi, trampoline_address; mov ecx, length; cld; rep movsb
    code.emit(0xBE, struct.pack("<I", source), 0xBF, struct.pack("<I", trampoline_address),
              0xB9, struct.pack("<I", len(copied)), 0xFC, 0xF3, 0xA4)
    # mov ecx, IA32_APIC_BASE; rdmsr; or eax, 0xc00; wrmsr: x2APIC
    code.emit(0xB9, struct.pack("<I", 0x1B), 0x0F, 0x32, 0x0D, struct.pack("<I", 0xC00), 0x0F, 0x30)
    code.interrupt_command(0x4500)  # INIT
    code.emit(0xB9, struct.pack("<I", 1_000_000), 0xE2, 0xFE)  # mov ecx, ...; loop $
    code.interrupt_command(0x4600 | trampoline_address >> 12)  # start-up
    return code.echo().image()


def reads_unclaimed():
    """Three port reads and two of memory where nothing is; what it got goes to COM1."""
    code = Code().emit(0xB9, 0, 0, 0, 0)  # mov ecx, 0
    code.port(0x1234).emit(0x31, 0xC0, 0xEC).put_al()  # xor eax, eax; in al, dx
    code.port(0x1234).emit(0x31, 0xC0, 0x66, 0xED, 0x88, 0xE1)  # in ax, dx; mov cl, ah
    code.put_al().emit(0x88, 0xC8).put_al()  # mov al, cl
    code.port(0x1234).emit(0x31, 0xC0, 0xED, 0xC1, 0xE8, 24).put_al()  # in eax, dx; shr eax, 24
    for address in (0xD0000000, 0xF0000FFC):
        # mov eax, [address]; shr eax, 24
        code.emit(0xA1, struct.pack("<I", address), 0xC1, 0xE8, 24).put_al()
    return code.exit(0).image()


def gives_work(jobs, ns):
    """Posts jobs of `ns` nanoseconds to the slow device, then asks for one."""
    code = Code().store32(slow_device, ns)
    for _ in range(jobs):
        code.store32(slow_device + 4, 1)
    return code.load32(slow_device + 8).exit(0).image()
