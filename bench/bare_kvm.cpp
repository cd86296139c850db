// SPDX-License-Identifier: Apache-2.0
// The floor that bench `exit` compares with: the least a program can do between two KVM_RUN. One
// vCPU on the main thread, no device model, no dispatch beyond a switch, nothing of takt's.
//
//   bare_kvm IMAGE "COMMAND LINE"      IMAGE: guest/probe-x86.elf (multiboot 1, ELF32)
//
// COM1 is write-only without interrupts, ports 0x3ff and 0xe0 and the word at 0xff000000 are
// registers, port 0xea is an ioeventfd that nobody reads, port 0xf4 ends with (v << 1) | 1.
#include <elf.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

constexpr std::size_t ram_bytes = 64u << 20;
constexpr std::uint32_t info_at = 0x5000;
constexpr std::uint32_t cmdline_at = 0x5100;
constexpr std::uint32_t multiboot_magic = 0x2badb002;

// sizeof(kvm_cpuid2) is wrong in C++ (flexible array beside an empty struct): fixed size instead.
struct Cpuid {
  std::uint32_t entries = 256;
  std::uint32_t padding = 0;
  kvm_cpuid_entry2 entry[256] = {};
};
constexpr unsigned long get_supported_cpuid = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x05, 8);
constexpr unsigned long set_cpuid2 = _IOC(_IOC_WRITE, KVMIO, 0x90, 8);

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "bare_kvm: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

template <class... Arg>
int must(const char* what, int fd, unsigned long request, Arg... arg) {
  const int result = ::ioctl(fd, request, arg...);
  if (result < 0) die(what);
  return result;
}

/// Loads the image by its program headers; the entry point.
std::uint32_t load(std::uint8_t* ram, const char* path) {
  std::ifstream file{path, std::ios::binary};
  const std::string image{std::istreambuf_iterator<char>{file}, {}};
  Elf32_Ehdr header{};
  if (image.size() < sizeof header) die(path);
  std::memcpy(&header, image.data(), sizeof header);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf32_Phdr ph{};
    const std::size_t at = header.e_phoff + i * sizeof ph;
    if (at + sizeof ph > image.size()) die(path);
    std::memcpy(&ph, image.data() + at, sizeof ph);
    if (ph.p_type != PT_LOAD) continue;
    if (std::uint64_t{ph.p_paddr} + ph.p_memsz > ram_bytes ||
        std::uint64_t{ph.p_offset} + ph.p_filesz > image.size())
      die(path);
    std::memcpy(ram + ph.p_paddr, image.data() + ph.p_offset, ph.p_filesz);
  }
  return header.e_entry;
}

/// Multiboot 1, 3.3: memory sizes and the command line.
void write_info(std::uint8_t* ram, const char* cmdline) {
  const std::uint32_t info[] = {1u << 0 | 1u << 2, 640, (ram_bytes >> 10) - 1024, 0, cmdline_at};
  std::memcpy(ram + info_at, info, sizeof info);
  std::strncpy(reinterpret_cast<char*>(ram + cmdline_at), cmdline, 0x1000);
}

void set_cpuid(int kvm, int vcpu) {
  static Cpuid cpuid;
  must("KVM_GET_SUPPORTED_CPUID", kvm, get_supported_cpuid, &cpuid);
  for (std::uint32_t i = 0; i < cpuid.entries; ++i)
    if (cpuid.entry[i].function == 1) {
      cpuid.entry[i].ecx |= 1u << 21 | 1u << 24 | 1u << 31;  // x2APIC, TSC deadline, hypervisor
      cpuid.entry[i].ebx &= 0x00ff'ffff;                     // APIC id 0
    }
  must("KVM_SET_CPUID2", vcpu, set_cpuid2, &cpuid);
}

kvm_segment flat(std::uint16_t selector, std::uint8_t type) {
  kvm_segment s{};
  s.limit = 0xffff'ffff;
  s.selector = selector;
  s.type = type;
  s.present = s.s = s.g = s.db = 1;
  return s;
}

/// Multiboot 1, 3.2: 32-bit protected mode, flat segments, magic in EAX, information in EBX.
void set_start_state(int vcpu, std::uint32_t entry) {
  kvm_sregs sregs{};
  must("KVM_GET_SREGS", vcpu, KVM_GET_SREGS, &sregs);
  sregs.cs = flat(0x08, 0xb);
  sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = flat(0x10, 0x3);
  sregs.cr0 = 0x11;
  must("KVM_SET_SREGS", vcpu, KVM_SET_SREGS, &sregs);
  kvm_regs regs{};
  regs.rip = entry;
  regs.rax = multiboot_magic;
  regs.rbx = info_at;
  regs.rflags = 2;
  must("KVM_SET_REGS", vcpu, KVM_SET_REGS, &regs);
}

void add_ioeventfd(int vm) {
  kvm_ioeventfd request{};
  request.addr = 0xea;
  request.len = 1;
  request.fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  request.flags = KVM_IOEVENTFD_FLAG_PIO;
  must("KVM_IOEVENTFD", vm, KVM_IOEVENTFD, &request);
}

struct Registers {
  std::uint8_t lcr = 0;
  std::uint8_t scratch = 0;
  std::uint32_t port = 0;
  std::uint32_t word = 0;
};

void write_port(Registers& r, std::uint16_t port, const std::uint8_t* data) {
  switch (port) {
    case 0x3ff: r.scratch = *data; return;
    case 0x0e0: std::memcpy(&r.port, data, 4); return;
    case 0x3f8:
      if ((r.lcr & 0x80) == 0 && ::write(STDOUT_FILENO, data, 1) != 1) die("write");
      return;
    case 0x3fb: r.lcr = *data; return;
    case 0x0f4: std::exit(*data << 1 | 1);
    default: return;
  }
}

void read_port(const Registers& r, std::uint16_t port, std::uint8_t* data, std::size_t width) {
  switch (port) {
    case 0x3ff: *data = r.scratch; return;
    case 0x0e0: std::memcpy(data, &r.port, 4); return;
    case 0x3fd: *data = 0x60; return;
    default: std::memset(data, 0xff, width); return;
  }
}

[[noreturn]] void loop(int vcpu, kvm_run* run) {
  Registers r;
  for (;;) {
    if (::ioctl(vcpu, KVM_RUN, 0) < 0) {
      if (errno == EINTR) continue;
      die("KVM_RUN");
    }
    if (run->exit_reason == KVM_EXIT_IO) {
      auto* data = reinterpret_cast<std::uint8_t*>(run) + run->io.data_offset;
      if (run->io.direction == KVM_EXIT_IO_OUT)
        write_port(r, run->io.port, data);
      else
        read_port(r, run->io.port, data, run->io.size);
    } else if (run->exit_reason == KVM_EXIT_MMIO) {
      const bool ours = run->mmio.phys_addr == 0xff00'0000;
      if (run->mmio.is_write != 0) {
        if (ours) std::memcpy(&r.word, run->mmio.data, 4);
      } else if (ours) {
        std::memcpy(run->mmio.data, &r.word, 4);
      } else {
        std::memset(run->mmio.data, 0xff, 8);
      }
    } else {
      std::fprintf(stderr, "bare_kvm: exit reason %u\n", run->exit_reason);
      std::exit(1);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bare_kvm IMAGE \"COMMAND LINE\"\n");
    return 2;
  }
  const int kvm = ::open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0) die("/dev/kvm");
  const int vm = must("KVM_CREATE_VM", kvm, KVM_CREATE_VM, 0);
  std::uint64_t identity_map = 0xfffb'c000;
  must("KVM_SET_IDENTITY_MAP_ADDR", vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
  must("KVM_SET_TSS_ADDR", vm, KVM_SET_TSS_ADDR, 0xfffb'd000ul);
  must("KVM_CREATE_IRQCHIP", vm, KVM_CREATE_IRQCHIP, 0);
  add_ioeventfd(vm);

  void* ram = ::mmap(nullptr, ram_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (ram == MAP_FAILED) die("guest RAM");
  const std::uint32_t entry = load(static_cast<std::uint8_t*>(ram), argv[1]);
  write_info(static_cast<std::uint8_t*>(ram), argv[2]);
  kvm_userspace_memory_region slot{};
  slot.memory_size = ram_bytes;
  slot.userspace_addr = reinterpret_cast<std::uintptr_t>(ram);
  must("KVM_SET_USER_MEMORY_REGION", vm, KVM_SET_USER_MEMORY_REGION, &slot);

  const int vcpu = must("KVM_CREATE_VCPU", vm, KVM_CREATE_VCPU, 0);
  const auto run_bytes =
      static_cast<std::size_t>(must("KVM_GET_VCPU_MMAP_SIZE", kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
  void* run = ::mmap(nullptr, run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  if (run == MAP_FAILED) die("kvm_run");
  set_cpuid(kvm, vcpu);
  set_start_state(vcpu, entry);
  loop(vcpu, static_cast<kvm_run*>(run));
}
