// SPDX-License-Identifier: Apache-2.0
// Entry of the image: from the state that Linux Documentation/arch/arm64/booting.rst promises (MMU
// off, x0 = device tree, EL1 or EL2, anywhere in memory) to C++ at EL1 with the MMU on; the same for
// a second CPU, which PSCI CPU_ON starts; the exception vectors; the PSCI conduits.
// Register fields: Arm ARM DDI 0487, D19 (system registers), D8 (translation).

#define SCTLR_RES1       0x30d00800   // of Armv8.0; SPAN, EIS and EOS among them
#define SCTLR_MMU_CACHES 0x1005       // I, C, M
#define MAIR             0xff00       // attribute 0: device nGnRnE; 1: normal, write-back
#define TCR_LOW          0x803510     // 48 bits by TTBR0 (T0SZ 16), 4 KiB, inner shareable, WB; EPD1
#define HCR_RW           0x80000000   // EL1 is AArch64, nothing traps
#define CNTHCTL_EL1      0xc03        // EL1 may use the physical counter and timer, E2H or not
#define SPSR_EL1H        0x3c5        // D, A, I, F masked
#define R_RELATIVE       1027

// The file's first 64 bytes, with image_size between the halves (probe.ld).
  .section .text.header.front, "ax"
  .globl _start
_start:
  b     start
  .long 0
  .quad 0             // text_offset
  .section .text.header.back, "ax"
  .quad 0xa           // flags: little-endian, 4 KiB pages, anywhere in memory
  .quad 0, 0, 0
  .ascii "ARM\x64"
  .long 0

  .macro address_of reg, symbol
  adrp  \reg, \symbol
  add   \reg, \reg, :lo12:\symbol
  .endm

  .section .text.boot, "ax"
start:
  msr   daifset, #0xf
  mov   x19, x0
  bl    enter_el1
  mov   x20, x0
  bl    clear_bss
  bl    relocate
  address_of x0, boot_stack_end
  mov   sp, x0
  mov   x29, xzr
  mov   x0, x19
  bl    arm64_first_map
  mov   x21, x0
  bl    invalidate_image
  mov   x0, x21
  bl    enable_mmu
  mov   x0, x19
  mov   x1, x20
  bl    arm64_main
1:
  wfi
  b     1b

// A second CPU: x0 = the translation table.
  .globl second_start
second_start:
  msr   daifset, #0xf
  mov   x19, x0
  bl    enter_el1
  mov   x0, x19
  bl    enable_mmu
  address_of x0, second_stack_end
  mov   sp, x0
  mov   x29, xzr
  bl    arm64_second_cpu
1:
  wfi
  b     1b

// To EL1 with the MMU off. Returns the level that it came from in x0; uses x1.
enter_el1:
  mov   x1, #(SCTLR_RES1 & 0xffff)
  movk  x1, #(SCTLR_RES1 >> 16), lsl #16
  msr   sctlr_el1, x1
  isb
  mrs   x0, currentel
  lsr   x0, x0, #2
  cmp   x0, #2
  b.eq  1f
  b.hi  2f
  ret
1:
  mov   x1, #HCR_RW
  msr   hcr_el2, x1
  isb
  mov   x1, #CNTHCTL_EL1
  msr   cnthctl_el2, x1
  msr   cntvoff_el2, xzr
  msr   hstr_el2, xzr
  msr   vttbr_el2, xzr
  mrs   x1, midr_el1
  msr   vpidr_el2, x1
  mrs   x1, mpidr_el1
  msr   vmpidr_el2, x1
  mrs   x1, id_aa64pfr0_el1
  ubfx  x1, x1, #24, #4           // GIC: system registers?
  cbz   x1, 3f
  mrs   x1, s3_4_c12_c9_5         // ICC_SRE_EL2: SRE and Enable
  orr   x1, x1, #0x8
  orr   x1, x1, #0x1
  msr   s3_4_c12_c9_5, x1
  isb
  msr   s3_4_c12_c11_0, xzr       // ICH_HCR_EL2
3:
  mov   x1, #SPSR_EL1H
  msr   spsr_el2, x1
  msr   elr_el2, x30
  eret
2:                                // EL3 is no place for a guest
  wfi
  b     2b

clear_bss:
  address_of x0, bss_start
  address_of x1, image_end
1:
  stp   xzr, xzr, [x0], #16
  cmp   x0, x1
  b.lo  1b
  ret

// *(image + offset) = image + addend, for each entry {offset, type, addend}; probe.ld sees to the type.
relocate:
  address_of x0, image_start
  address_of x1, rela_start
  address_of x2, rela_end
1:
  cmp   x1, x2
  b.hs  2f
  ldp   x3, x4, [x1], #16
  ldr   x5, [x1], #8
  cmp   w4, #R_RELATIVE
  b.ne  3f
  add   x5, x5, x0
  str   x5, [x0, x3]
  b     1b
2:
  ret
3:                                // nothing could be said, nor to whom
  wfi
  b     3b

// What was written past the caches must not be hidden by old lines in them.
invalidate_image:
  address_of x0, image_start
  address_of x1, image_end
  mrs   x2, ctr_el0
  ubfx  x2, x2, #16, #4           // DminLine: log2 of words
  mov   x3, #4
  lsl   x3, x3, x2
  dmb   sy
1:
  dc    ivac, x0
  add   x0, x0, x3
  cmp   x0, x1
  b.lo  1b
  dsb   sy
  ret

// x0 = the translation table. Code and stack are mapped where they are.
enable_mmu:
  mov   x1, #MAIR
  msr   mair_el1, x1
  mov   x1, #(TCR_LOW & 0xffff)
  movk  x1, #(TCR_LOW >> 16), lsl #16
  mrs   x2, id_aa64mmfr0_el1
  and   x2, x2, #0xf              // PARange is TCR's IPS; more than 48 bits need another format
  mov   x3, #5
  cmp   x2, x3
  csel  x2, x2, x3, lo
  orr   x1, x1, x2, lsl #32
  msr   tcr_el1, x1
  msr   ttbr0_el1, x0
  isb
  tlbi  vmalle1
  ic    iallu
  dsb   nsh
  isb
  mrs   x1, sctlr_el1
  mov   x2, #SCTLR_MMU_CACHES
  orr   x1, x1, x2
  msr   sctlr_el1, x1
  isb
  ret

// SMC Calling Convention 1.0: as C's, four values in.
  .text
  .globl psci_hvc, psci_smc
psci_hvc:
  hvc   #0
  ret
psci_smc:
  smc   #0
  ret

// Vectors. Only interrupts at EL1 are expected; all else is reported and ends the run.
  .macro unexpected vector
  .balign 128
  mov   x1, sp
  mov   x0, #\vector
  b     report
  .endm

  .balign 2048
  .globl exception_vectors
exception_vectors:
  unexpected 0
  unexpected 1
  unexpected 2
  unexpected 3
  unexpected 4
// arm64_interrupt(counter): what a C++ function may change is saved. Interrupts stay masked, so
// that ELR and SPSR stay as they are.
  .balign 128
  stp   x0, x1, [sp, #-160]!
  mrs   x0, cntvct_el0
  stp   x2, x3, [sp, #16]
  stp   x4, x5, [sp, #32]
  stp   x6, x7, [sp, #48]
  stp   x8, x9, [sp, #64]
  stp   x10, x11, [sp, #80]
  stp   x12, x13, [sp, #96]
  stp   x14, x15, [sp, #112]
  stp   x16, x17, [sp, #128]
  stp   x18, x30, [sp, #144]
  bl    arm64_interrupt
  b     resume
  unexpected 6
  unexpected 7
  unexpected 8
  unexpected 9
  unexpected 10
  unexpected 11
  unexpected 12
  unexpected 13
  unexpected 14
  unexpected 15

resume:
  ldp   x2, x3, [sp, #16]
  ldp   x4, x5, [sp, #32]
  ldp   x6, x7, [sp, #48]
  ldp   x8, x9, [sp, #64]
  ldp   x10, x11, [sp, #80]
  ldp   x12, x13, [sp, #96]
  ldp   x14, x15, [sp, #112]
  ldp   x16, x17, [sp, #128]
  ldp   x18, x30, [sp, #144]
  ldp   x0, x1, [sp], #160
  eret

// On a stack of its own: the other one may be what went wrong.
report:
  address_of x2, exception_stack_end
  mov   sp, x2
  bl    arm64_exception

  .bss
  .balign 16
  .skip 16384
boot_stack_end:
  .skip 16384
second_stack_end:
  .skip 4096
exception_stack_end:

  .section .note.GNU-stack, "", %progbits
