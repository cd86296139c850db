// SPDX-License-Identifier: Apache-2.0
#include "host/host_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "host/linux_host.h"
#include "host/test_host_dir.h"

namespace takt {
namespace {

std::string error_of(const auto& result) { return result ? "" : result.error().text; }

class Files : public testing::Test {
 protected:
  TestHostDir dir;
  HostFiles files{dir.root()};
};

TEST_F(Files, AnErrorNamesTheFileWithoutTheRoot) {
  EXPECT_EQ(error_of(files.read("proc/none")), "/proc/none: No such file or directory");
  EXPECT_EQ(error_of(files.list("proc")), "/proc: No such file or directory");
}

TEST_F(Files, AFileBeyondTheBoundIsCut) {
  dir.has("big", std::string(HostFiles::most_bytes + 10, 'x'));
  EXPECT_EQ(files.read("big")->size(), HostFiles::most_bytes);
  EXPECT_EQ(files.read("big", 100)->size(), 100u);
}

TEST_F(Files, AFifoDoesNotBlock) {
  ASSERT_EQ(::mkfifo((dir.root() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(files.read("fifo").value_or("?"), "");
}

TEST_F(Files, ADirectoryIsAnError) {
  dir.has("sys/a/b", "");
  EXPECT_EQ(error_of(files.read("sys/a")), "/sys/a: Is a directory");
}

TEST_F(Files, NumbersAreDecimalAndWhole) {
  dir.has("n", " -1 \n");
  EXPECT_EQ(files.number("n").value_or(0), -1);
  for (const char* text : {"", "\n", "x1", "1x", "99999999999999999999", "\x01\x02"}) {
    dir.has("n", text);
    EXPECT_FALSE(files.number("n")) << text;
  }
}

TEST_F(Files, AnEmptyCpuListIsOne) {
  dir.has("l", "\n");
  EXPECT_EQ(files.cpus("l")->count(), 0);
  dir.has("l", "(null)\n");
  EXPECT_EQ(files.cpus("l")->count(), 0);
  dir.has("l", "0,2-3\n");
  EXPECT_EQ(files.cpus("l")->text(), "0,2-3");
  dir.has("l", "two\n");
  EXPECT_FALSE(files.cpus("l"));
}

TEST_F(Files, AMaskHasItsHighestWordFirst) {
  dir.has("m", "00000001,00000005\n");
  EXPECT_EQ(files.cpu_mask("m")->text(), "0,2,32");
  dir.has("m", "f0\n");
  EXPECT_EQ(files.cpu_mask("m")->text(), "4-7");
  dir.has("m", "0x1\n");
  EXPECT_FALSE(files.cpu_mask("m"));
}

TEST_F(Files, AMaskForMoreCpusThanLinuxHasIsCut) {
  dir.has("m", std::string(4096, 'f'));
  EXPECT_EQ(files.cpu_mask("m")->count(), CPU_SETSIZE);
}

TEST_F(Files, NamesAreSorted) {
  dir.has("d/b", "");
  dir.has("d/a", "");
  dir.has("d/.hidden", "");
  EXPECT_EQ(files.list("d").value(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(Files, BinaryIsReadAtAnOffset) {
  dir.has("msr", std::string("0123") + '\x05' + std::string(3, '\0'));
  EXPECT_EQ(files.read_at("msr", 4, 4)->front(), '\x05');
  EXPECT_EQ(error_of(files.read_at("msr", 6, 4)), "/msr: too short");
}

TEST_F(Files, ARecordedErrorStandsForTheFile) {
  files.set_known_errors({{"sys/secret", "/sys/secret: Permission denied"}});
  EXPECT_EQ(error_of(files.read("sys/secret")), "/sys/secret: Permission denied");
  EXPECT_EQ(error_of(files.read("sys/other")), "/sys/other: No such file or directory");
}

TEST_F(Files, TheCommandLineEndsWhereInitsWordsBegin) {
  dir.has("proc/cmdline", "quiet nohz_full=1 nohz_full=2-3 idle=poll -- nohz_full=4 nosmt\n");
  EXPECT_EQ(linux_host::kernel_parameter(files, "nohz_full"), "2-3");
  EXPECT_EQ(linux_host::kernel_parameter(files, "nohz"), "");
  EXPECT_TRUE(linux_host::has_kernel_word(files, "idle"));
  EXPECT_TRUE(linux_host::has_kernel_word(files, "quiet"));
  EXPECT_FALSE(linux_host::has_kernel_word(files, "nosmt"));
}

TEST_F(Files, AKernelIsPreemptRtWhenItsVersionSaysSo) {
  dir.has("proc/version", "Linux version 6.12.0-rt (x) #1 SMP PREEMPT_DYNAMIC\n");
  EXPECT_FALSE(linux_host::is_preempt_rt(files));
  dir.has("proc/version", "Linux version 6.12.0-rt (x) #1 SMP PREEMPT_RT Debian 6.12\n");
  EXPECT_TRUE(linux_host::is_preempt_rt(files));
}

}  // namespace
}  // namespace takt
