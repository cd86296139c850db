// SPDX-License-Identifier: Apache-2.0
#include "check/record.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "check/test_host.h"
#include "check/thread_list.h"

namespace takt::check {
namespace {

std::filesystem::path testdata() { return CHECK_TESTDATA; }

Report report_of(const std::filesystem::path& root) {
  auto host = recorded_host(root);
  EXPECT_TRUE(host) << (host ? "" : host.error().text);
  if (!host) return {};
  const auto target = target_of(*host, {});
  return make_report(*host, target.value_or(Target{}));
}

/// A recording of a recording says the same.
void expect_same_after_recording(const TestHost& host) {
  const TestHostDir out;
  const auto count = record(host.read(), out.root() / "copy");
  ASSERT_TRUE(count) << (count ? "" : count.error().text);
  EXPECT_GT(*count, 20u);
  EXPECT_EQ(to_text(report_of(out.root() / "copy"), false), to_text(host.report(), false));
}

TEST(Recording, OfATunedHostSaysTheSame) { expect_same_after_recording(TunedX86{}); }
TEST(Recording, OfAnArm64HostSaysTheSame) { expect_same_after_recording(TunedArm64{}); }

TEST(Recording, KeepsReasonsForWhatCouldNotBeRead) {
  const UntunedX86 host;
  const TestHostDir out;
  ASSERT_TRUE(record(host.read(), out.root() / "copy"));
  const Report report = report_of(out.root() / "copy");
  const auto it = std::ranges::find(report.rows, "ksm", &Row::name);
  ASSERT_NE(it, report.rows.end());
  EXPECT_EQ(it->value, "/sys/kernel/mm/ksm/run: Permission denied");
}

TEST(Recording, GoesIntoAnEmptyDirectoryOnly) {
  const TunedX86 host;
  const auto full = record(host.read(), host.root());
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().blame, Blame::usage);
  EXPECT_FALSE(record(host.read(), "/dev/null/x"));
}

TEST(Recording, OfThisMachineCanBeRead) {
  const TestHostDir out;
  const auto count = record(this_host(), out.root() / "copy");
  ASSERT_TRUE(count) << (count ? "" : count.error().text);
  EXPECT_FALSE(report_of(out.root() / "copy").rows.empty());
}

TEST(Scrubbing, LeavesOfTheCommandLineWhatIsAboutTime) {
  EXPECT_EQ(
      scrubbed("proc/cmdline",
               "BOOT_IMAGE=/vmlinuz root=UUID=1 nohz_full=2 kvm.halt_poll_ns=0 password=x -- y\n"),
      "nohz_full=2 kvm.halt_poll_ns=0\n");
}

TEST(Scrubbing, LeavesNoNameOfAControlGroup) {
  EXPECT_EQ(
      scrubbed("proc/self/cgroup", "1:name=systemd:/x\n2:cpu,cpuacct:/\n0::/a.slice/me-7.scope\n"),
      "2:cpu,cpuacct:/\n0::/group/group\n");
  EXPECT_EQ(scrubbed_name("sys/fs/cgroup/a.slice/me-7.scope/cpuset.cpus.effective"),
            "sys/fs/cgroup/group/group/cpuset.cpus.effective");
  EXPECT_EQ(scrubbed_name("sys/fs/cgroup/cpuset.cpus.isolated"),
            "sys/fs/cgroup/cpuset.cpus.isolated");
  EXPECT_EQ(scrubbed_name("sys/fs/cgroup/cpu/me/cpu.rt_runtime_us"),
            "sys/fs/cgroup/cpu/group/cpu.rt_runtime_us");
  EXPECT_EQ(scrubbed_name("sys/fs/cgroup/cpuset/me/cpuset.effective_cpus"),
            "sys/fs/cgroup/cpuset/group/cpuset.effective_cpus");
  EXPECT_EQ(scrubbed_name("sys/fs/cgroup/cpu/cpu.rt_runtime_us"),
            "sys/fs/cgroup/cpu/cpu.rt_runtime_us");
  EXPECT_EQ(scrubbed_name("sys/fs/resctrl/acme/cpus_list"), "sys/fs/resctrl/group/cpus_list");
  EXPECT_EQ(scrubbed_name("sys/fs/resctrl/acme"), "sys/fs/resctrl/group");
  EXPECT_EQ(scrubbed_name("sys/fs/resctrl/info"), "sys/fs/resctrl/info");
}

TEST(Scrubbing, LeavesOfTheKernelsReleaseItsVersion) {
  EXPECT_EQ(scrubbed("proc/sys/kernel/osrelease", "6.12.4-acme-rt\n"), "6.12.4\n");
  EXPECT_EQ(scrubbed_name("boot/config-6.12.4-acme-rt"), "boot/config-6.12.4");
}

TEST(Scrubbing, LeavesOfLimitsThoseThatRowsRead) {
  EXPECT_EQ(scrubbed("proc/self/limits",
                     "Limit Soft\nMax processes 96365 96365\nMax locked memory 8 8 bytes\n"),
            "Max locked memory 8 8 bytes\n");
}

TEST(Scrubbing, LeavesOfTheKernelsLogWhatRowsRead) {
  EXPECT_EQ(
      log_of_interest("<5>[    0.000000] Kernel command line: root=UUID=7 nox2apic kvm [1]: x\n"
                      "<6>[    0.100000][    T1] ITS@0x1: Using GICv4 mode\n"
                      "GICv3: 224 SPIs implemented\n"
                      "<6>[    1.0] usb 1-1: SerialNumber: GICv3 psci: 42\n"
                      "<6>[    1.1] [drm] LOGIC board of my-host\n"),
      "ITS@0x1: Using GICv4 mode\nGICv3: 224 SPIs implemented\n");
}

TEST(Scrubbing, LeavesNoNameOfAKernelThreadThatIsAUsers) {
  const std::string stat = stat_line({.tid = 7, .state = 'S', .kernel = true, .cpu = 1}, "x");
  const auto renamed = [&](std::string_view name) {
    auto line = stat;
    return scrubbed("proc/7/task/7/stat", line.replace(line.find("(x)") + 1, 1, name));
  };
  EXPECT_TRUE(renamed("192.0.2.7-manager").starts_with("7 (kernel) S"));
  EXPECT_TRUE(renamed("ksoftirqd/1").starts_with("7 (ksoftirqd/1) S"));
  EXPECT_TRUE(renamed("irq/30-enx0011223344ff").starts_with("7 (irq/30-enx000000000000) S"));
}

TEST(Scrubbing, LeavesOfAThreadWhatRowsRead) {
  std::string stat = "7 (ksoftirqd/1) R 1 2 3 4 5 2097152";
  for (int field = 10; field < 39; ++field) stat += " 99";
  const std::string left = scrubbed("proc/7/task/7/stat", stat + " 3 50 1 99 99\n");
  EXPECT_FALSE(left.contains("99")) << left;
  EXPECT_EQ(parse_stat(left)->cpu, 3);
  EXPECT_EQ(parse_stat(left)->priority, 50);
}

TEST(Scrubbing, LeavesNoNameOfAUsersProcess) {
  std::string stat = "7 (secret (x)) R 1 2 3 4 5 0";
  for (int field = 10; field < 45; ++field) stat += " 0";
  EXPECT_TRUE(scrubbed("proc/7/task/7/stat", stat).starts_with("7 (user) R 0"));
  EXPECT_EQ(scrubbed("proc/7/task/7/stat", "garbage"), "");
  EXPECT_EQ(scrubbed("proc/7/task/7/status", "Name:\tsecret\nCpus_allowed_list:\t0-3\n"),
            "Cpus_allowed_list:\t0-3\n");
}

TEST(Scrubbing, LeavesNoHostNameAndNoSwapFile) {
  EXPECT_EQ(scrubbed("proc/version", "Linux version 6.1 (me@my-host) PREEMPT_RT"),
            "Linux PREEMPT_RT\n");
  EXPECT_EQ(scrubbed("proc/swaps", "Filename\n/home/me/swap file\n"), "Filename\nswap\n");
}

TEST(Scrubbing, LeavesNoMacAddressAndNoIdentity) {
  EXPECT_EQ(without_identities("enx0011223344ff-rx"), "enx000000000000-rx");
  EXPECT_EQ(without_identities("crio-0123456789abcdef.scope"), "crio-0000000000000000.scope");
  EXPECT_EQ(without_identities("eth 00:11:22:aa:bb:cc-0"), "eth 00:00:00:00:00:00-0");
  EXPECT_EQ(without_identities("vm-123e4567-e89b-12d3-a456-426614174000"),
            "vm-00000000-0000-0000-0000-000000000000");
  EXPECT_EQ(without_identities("IR-PCI-MSIX-0000:3b:1f.2 12-edge"),
            "IR-PCI-MSIX-0000:3b:1f.2 12-edge");
  EXPECT_EQ(without_identities("smmu3.0x0000000009050000"), "smmu3.0x0000000009050000");
  EXPECT_EQ(without_identities("00000000,0000000f"), "00000000,0000000f");
}

// Hosts that were recorded with takt check --record; most of their threads were then left out.

/// The files below `root` by name, and what is in them.
std::map<std::string, std::string> tree_of(const std::filesystem::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{root}) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file{entry.path(), std::ios::binary};
    files[entry.path().lexically_relative(root).string()] = {std::istreambuf_iterator<char>{file},
                                                             {}};
  }
  return files;
}

TEST(RecordedHosts, AreExactlyWhatTheRecorderWrites) {
  for (const char* name : {"lab-x86", "lab-arm64", "cloud-x86"}) {
    const TestHostDir out;
    const auto host = recorded_host(testdata() / name);
    ASSERT_TRUE(host);
    ASSERT_TRUE(record(*host, out.root() / "copy"));
    EXPECT_EQ(tree_of(out.root() / "copy"), tree_of(testdata() / name)) << name;
  }
}

std::string delivery_of(const Report& report, std::string_view event) {
  for (const Delivery& d : report.delivery)
    if (d.event == event) return d.mechanism;
  return "none";
}

TEST(RecordedLabX86, IsTunedAndHasNoApicVirtualization) {
  const Report report = report_of(testdata() / "lab-x86");
  EXPECT_EQ(report.machine, "x86_64");
  EXPECT_EQ(report.cpus, "1");
  for (const char* name :
       {"preempt-rt", "isolated-cpus", "nohz-full", "rt-throttling", "fair-server", "irq-affinity",
        "tsc-invariant", "kvm", "kvm-needed", "kvm-useful"})
    EXPECT_EQ(row_of(report, name).verdict, Verdict::pass) << name;
  EXPECT_EQ(row_of(report, "apic-virtualization").value, "kvm_amd.avic=N");
  EXPECT_EQ(row_of(report, "machine-check-poll").value, "every 300 s");
  EXPECT_EQ(row_of(report, "kvm-idle-exits").value, "mwait, hlt, pause, cstate");
  EXPECT_EQ(delivery_of(report, event::ipi), "emulated APIC");
  EXPECT_EQ(report.status(), 0);
}

TEST(RecordedLabArm64, HasTheDefaultWfiPolicyAndAGicV4ThatIsOff) {
  const Report report = report_of(testdata() / "lab-arm64");
  EXPECT_EQ(report.machine, "aarch64");
  EXPECT_EQ(report.cpus, "1");
  EXPECT_EQ(row_of(report, "gic").value, "v4 with ITS");
  EXPECT_EQ(row_of(report, "gicv4").value, "the host has it, KVM does not use it");
  EXPECT_EQ(row_of(report, "wfi-policy").verdict, Verdict::warn);
  EXPECT_EQ(row_of(report, "kvm-mode").value, "VHE");
  EXPECT_EQ(row_of(report, "smmu").value, "smmu3.0x0000000009050000");
  EXPECT_EQ(row_of(report, "pmu-interrupt").value, "private 23");
  EXPECT_EQ(row_of(report, "irq-affinity").verdict, Verdict::pass);
  EXPECT_EQ(row_of(report, "kvm-useful").verdict, Verdict::pass);
  EXPECT_EQ(delivery_of(report, event::idle), "WFI exits");
  EXPECT_EQ(report.status(), 0);
}

TEST(RecordedCloudMachine, IsNotFit) {
  const Report report = report_of(testdata() / "cloud-x86");
  EXPECT_EQ(report.origin, "all CPUs: none is isolated");
  for (const char* name : {"preempt-rt", "kernel-options", "isolated-cpus"})
    EXPECT_EQ(row_of(report, name).verdict, Verdict::fail) << name;
  EXPECT_EQ(row_of(report, "posted-interrupts").value, "no IOMMU");
  EXPECT_EQ(report.status(), 1);
}

}  // namespace
}  // namespace takt::check
