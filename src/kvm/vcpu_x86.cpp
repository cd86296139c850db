// SPDX-License-Identifier: Apache-2.0
#include "kvm/vcpu_x86.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <cstring>

#include "kvm/requests_x86.h"

namespace takt::kvm {
namespace {

// Intel SDM vol. 4, table 2-2; AMD APM vol. 2, 7.7 (MTRRs).
constexpr std::uint32_t msr_misc_enable = 0x1a0;
constexpr std::uint64_t misc_enable_fast_strings = 1u << 0;
constexpr std::uint32_t msr_mtrr_def_type = 0x2ff;
constexpr std::uint64_t mtrr_enable_write_back = 1u << 11 | 6;

constexpr std::uint64_t cr0_pe = 1u << 0;
constexpr std::uint64_t cr0_et = 1u << 4;
constexpr std::uint64_t cr0_pg = 1u << 31;
constexpr std::uint64_t cr4_pae = 1u << 5;
constexpr std::uint64_t efer_lme = 1u << 8;
constexpr std::uint64_t efer_lma = 1u << 10;
constexpr std::uint64_t rflags_reserved = 1u << 1;

/// One that the host's KVM does not have (misc_enable on AMD) is left out without a word.
void set_msr(const VcpuFd& vcpu, std::uint32_t index, std::uint64_t value) {
  struct {
    FlexHeader header{.entries = 1};
    kvm_msr_entry entry{};
  } request;
  request.entry.index = index;
  request.entry.data = value;
  ::ioctl(vcpu.fd().raw(), set_msrs, &request);
}

Result<> set_cpuid(const VcpuFd& vcpu, const CpuidTable& table) {
  std::vector<std::byte> request(sizeof(FlexHeader) + table.size() * sizeof(kvm_cpuid_entry2));
  const FlexHeader header{.entries = static_cast<std::uint32_t>(table.size())};
  std::memcpy(request.data(), &header, sizeof header);
  std::memcpy(request.data() + sizeof header, table.data(),
              table.size() * sizeof(kvm_cpuid_entry2));
  if (::ioctl(vcpu.fd().raw(), set_cpuid2, request.data()) != 0) return sys_error("KVM_SET_CPUID2");
  return {};
}

/// A flat segment as start_gdt() describes it.
kvm_segment flat(std::uint16_t selector, std::uint8_t type, bool long_mode) {
  kvm_segment s{};
  s.limit = 0xffff'ffff;
  s.selector = selector;
  s.type = type;
  s.present = 1;
  s.s = 1;
  s.g = 1;
  s.l = long_mode ? 1 : 0;
  s.db = long_mode ? 0 : 1;
  return s;
}

void set_segments(kvm_sregs& sregs, const StartState& start) {
  constexpr std::uint8_t code = 0xb;  // execute/read, accessed
  constexpr std::uint8_t data = 0x3;  // read/write, accessed
  sregs.cs = flat(start_cs, code, start.mode == StartMode::long64);
  sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat(start_ds, data, false);
  sregs.tr = {};
  sregs.tr.limit = 0x67;
  sregs.tr.type = 0xb;  // busy 32/64-bit TSS
  sregs.tr.present = 1;
  sregs.ldt = {};
  sregs.ldt.unusable = 1;
  sregs.gdt = {.base = start.gdt.raw(), .limit = start.gdt_limit, .padding = {}};
  sregs.idt = {};
}

}  // namespace

std::uint32_t tsc_khz(const VcpuFd& vcpu) {
  const auto khz = get_tsc_khz(vcpu.fd());
  return khz ? static_cast<std::uint32_t>(*khz) : 0;
}

Result<> set_up_vcpu(const VcpuFd& vcpu, const CpuidTable& vm_table) {
  TRY_VOID(set_cpuid(vcpu, vcpu_cpuid(vm_table, vcpu.id())));
  set_msr(vcpu, msr_misc_enable, misc_enable_fast_strings);
  set_msr(vcpu, msr_mtrr_def_type, mtrr_enable_write_back);
  return {};
}

Result<> set_start_state(const VcpuFd& vcpu, const StartState& start) {
  kvm_sregs sregs{};
  TRY_VOID(get_sregs(vcpu.fd(), sregs));
  set_segments(sregs, start);
  const bool long_mode = start.mode == StartMode::long64;
  sregs.cr0 = cr0_pe | cr0_et | (long_mode ? cr0_pg : 0);
  sregs.cr3 = start.cr3.raw();
  sregs.cr4 = long_mode ? cr4_pae : 0;
  sregs.efer = long_mode ? efer_lme | efer_lma : 0;
  TRY_VOID(set_sregs(vcpu.fd(), sregs));
  kvm_regs regs{};
  regs.rip = start.rip;
  regs.rax = start.rax;
  regs.rbx = start.rbx;
  regs.rsi = start.rsi;
  regs.rflags = rflags_reserved;
  TRY_VOID(set_regs(vcpu.fd(), regs));
  return {};
}

// Never asked for: x86 has neither these exits nor a firmware in KVM.
void VcpuFd::refuse_access() RT {}
bool VcpuFd::suspend() RT { return false; }
bool VcpuFd::wake_up() RT { return false; }

/// EINVAL from a guest without kvmclock, which has nothing to be told.
void VcpuFd::tell_of_pause() RT { ::ioctl(fd_.raw(), KVM_KVMCLOCK_CTRL, 0); }

std::string describe_registers(const VcpuFd& vcpu) {
  kvm_regs regs{};
  kvm_sregs sregs{};
  if (!get_regs(vcpu.fd(), regs) || !get_sregs(vcpu.fd(), sregs)) return "registers unreadable";
  return fmt::format(
      "rip {:#x} rsp {:#x} rflags {:#x} rax {:#x} rcx {:#x} rdx {:#x} cr0 {:#x} cr2 {:#x} "
      "cr3 {:#x} cr4 {:#x} efer {:#x} cs {:#x}",
      regs.rip, regs.rsp, regs.rflags, regs.rax, regs.rcx, regs.rdx, sregs.cr0, sregs.cr2,
      sregs.cr3, sregs.cr4, sregs.efer, sregs.cs.selector);
}

}  // namespace takt::kvm
