// SPDX-License-Identifier: Apache-2.0
// Entry of the image: from the state that Multiboot 0.6.96 section 3.2 promises (32-bit protected
// mode, no paging, EAX = magic, EBX = information) to 64-bit code (Intel SDM vol. 3A, 10.8.5), and
// the same for a second CPU, which starts in real mode (SDM vol. 3A, 9.4.4).
// The first 4 GiB are mapped one to one in 2 MiB pages, the last of them uncached for the local
// APIC and the test device.

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0
#define DEBUG_EXIT_PORT 0xf4
#define LEAVE_UNSUPPORTED 3

#define CODE64 0x08
#define DATA   0x10
#define CODE32 0x18

#define TRAMPOLINE 0x8000

  .section .multiboot, "a"
  .balign 4
  .long MULTIBOOT_MAGIC
  .long MULTIBOOT_FLAGS
  .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

// Long mode with the page tables below, then to `target`. CR0: PG WP NE ET MP PE; CR4: PAE;
// IA32_EFER: LME. Leaves EDI and ESI alone.
  .macro enter_long_mode target
  movl  $0x20, %eax
  movl  %eax, %cr4
  movl  $pml4, %eax
  movl  %eax, %cr3
  movl  $0xc0000080, %ecx
  movl  $0x100, %eax
  xorl  %edx, %edx
  wrmsr
  movl  $0x80010033, %eax
  movl  %eax, %cr0
  ljmp  $CODE64, $\target
  .endm

  .macro load_data_segments
  movl  $DATA, %eax
  movl  %eax, %ds
  movl  %eax, %es
  movl  %eax, %ss
  xorl  %eax, %eax
  movl  %eax, %fs
  movl  %eax, %gs
  .endm

  .section .text.boot, "ax"
  .code32
  .globl _start
_start:
  cli
  cld
  movl  %eax, %edi
  movl  %ebx, %esi
  movl  $0x80000000, %eax
  cpuid
  cmpl  $0x80000001, %eax
  jb    no_long_mode
  movl  $0x80000001, %eax
  cpuid
  btl   $29, %edx
  jnc   no_long_mode
  lgdt  gdt_pointer
  enter_long_mode start64

no_long_mode:
  movb  $LEAVE_UNSUPPORTED, %al
  outb  %al, $DEBUG_EXIT_PORT
1:
  hlt
  jmp   1b

// A second CPU in 32-bit mode, from the trampoline.
second_start32:
  movl  $DATA, %eax
  movl  %eax, %ds
  enter_long_mode second_start64

  .code64
// x86_main(magic, information)
start64:
  load_data_segments
  movl  %edi, %edi
  movl  %esi, %esi
  movl  $boot_stack_end, %esp
  xorl  %ebp, %ebp
  call  x86_main
  ud2

second_start64:
  load_data_segments
  movl  $second_stack_end, %esp
  xorl  %ebp, %ebp
  call  second_cpu_main
  ud2

// Copied to TRAMPOLINE, below 1 MiB, where the start-up IPI sends a second CPU.
  .section .rodata.trampoline, "a"
  .code16
  .globl trampoline, trampoline_end
trampoline:
  cli
  xorw  %ax, %ax
  movw  %ax, %ds
  lgdtl TRAMPOLINE + (trampoline_gdt_pointer - trampoline)
  movl  $0x11, %eax
  movl  %eax, %cr0
  ljmpl $CODE32, $second_start32
  .balign 8
trampoline_gdt_pointer:
  .word gdt_end - gdt - 1
  .long gdt
trampoline_end:

  .data
  .balign 8
gdt:
  .quad 0
  .quad 0x00af9b000000ffff  // 0x08: code, 64-bit
  .quad 0x00cf93000000ffff  // 0x10: data
  .quad 0x00cf9b000000ffff  // 0x18: code, 32-bit
gdt_end:
gdt_pointer:
  .word gdt_end - gdt - 1
  .long gdt

// Page-table entries: present, writable, accessed (0x23); a 2 MiB page is dirty and large too
// (0xe3), and uncached in the last GiB (PWT, PCD: 0x18). SDM vol. 3A, 4.5.4.
  .balign 4096
pml4:
  .quad pdpt + 0x23
  .fill 511, 8, 0
pdpt:
  .quad pd + 0x23, pd + 0x1023, pd + 0x2023, pd + 0x3023
  .fill 508, 8, 0
pd:
  .set page, 0
  .rept 1536
  .quad (page << 21) + 0xe3
  .set page, page + 1
  .endr
  .rept 512
  .quad (page << 21) + 0xfb
  .set page, page + 1
  .endr

  .bss
  .balign 16
  .skip 16384
boot_stack_end:
  .skip 16384
second_stack_end:

  .section .note.GNU-stack, "", @progbits
