// SPDX-License-Identifier: Apache-2.0
#include "vm/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "kvm/disable_exits.h"
#include "vm/config_schema.h"

namespace takt {
namespace {

std::string error_of(const Result<>& result) { return result ? "" : result.error().text; }

Result<> set(VmConfig& config, std::string_view key, std::string_view value) {
  return set_option(config, key, value);
}

TEST(Config, ReadsSizesWithSuffixes) {
  VmConfig config;
  EXPECT_TRUE(set(config, "memory", "4G"));
  EXPECT_EQ(config.memory, 4_GiB);
  EXPECT_TRUE(set(config, "memory", "1048576"));
  EXPECT_EQ(config.memory, 1_MiB);
}

TEST(Config, AnErrorNamesKeyValueAndWhatIsAllowed) {
  VmConfig config;
  EXPECT_EQ(error_of(set(config, "memory", "lots")),
            "memory = 'lots': allowed are sizes from 1M to 16T in whole pages, such as 512M or 4G");
  EXPECT_EQ(error_of(set(config, "cpus", "0")),
            "cpus = '0': allowed are whole numbers from 1 to 4096");
  EXPECT_EQ(error_of(set(config, "hugepages", "4M")), "hugepages = '4M': allowed are off, 2M, 1G");
}

TEST(Config, ANameIsOneThatAFileCanHave) {
  VmConfig config;
  EXPECT_TRUE(set_option(config, "name", "plc-1.a_B"));
  EXPECT_EQ(config.name, "plc-1.a_B");
  EXPECT_TRUE(config.is_named);
  for (const char* name : {"", ".", "..", ".a", "-a", "a/b", "a b", "\u00e9"})
    EXPECT_FALSE(set_option(config, "name", name)) << name;
}

TEST(Config, TheHostIsTracedOnlyWhenAskedFor) {
  VmConfig config;
  ASSERT_TRUE(set(config, "vcpu", "0:policy=fifo,priority=80"));
  EXPECT_FALSE(traces_host(config));
  EXPECT_TRUE(set(config, "trace-host", "on"));
  EXPECT_TRUE(traces_host(config));
  EXPECT_TRUE(set(config, "trace-host", "auto"));
  EXPECT_FALSE(traces_host(config));
  EXPECT_FALSE(set(config, "trace-host", "yes"));
  EXPECT_TRUE(set(config, "trace-file", "trace.json"));
  EXPECT_FALSE(set(config, "trace-file", ""));
}

TEST(Config, RefusesSizesThatAreNoSizes) {
  VmConfig config;
  for (const char* text : {"", "M", "0", "1K", "-1M", "1.5G", "17T", "18446744073709551616", "1M1"})
    EXPECT_FALSE(set(config, "memory", text)) << text;
}

TEST(Config, PlacesVcpus) {
  VmConfig config;
  ASSERT_TRUE(set(config, "vcpu", "1:cpu=0,2-3,policy=fifo,priority=80"));
  EXPECT_EQ(config.vcpus[1].cpus->text(), "0,2-3");
  EXPECT_EQ(config.vcpus[1].policy, Policy::fifo);
  EXPECT_EQ(config.vcpus[1].priority, 80);
}

TEST(Config, RefusesPlacementsThatCannotBeRead) {
  VmConfig config;
  for (const char* text : {"", "0", "0:", ":cpu=1", "x:cpu=1", "0:cpu", "0:cpu=", "0:color=red",
                           "0:policy=batch", "0:priority=100", "0:cpu=1=2"})
    EXPECT_FALSE(set(config, "vcpu", text)) << text;
}

TEST(Config, AServerMayPollBesideItsPlacement) {
  VmConfig config;
  ASSERT_TRUE(set(config, "server", "slow:cpu=1-2,poll-us=50,policy=fifo,priority=3"));
  EXPECT_EQ(config.server_poll_us["slow"], 50u);
  EXPECT_EQ(config.servers["slow"].priority, 3);
  EXPECT_EQ(config.servers["slow"].cpus->text(), "1-2");
  ASSERT_TRUE(set(config, "server", "slow:poll-us=0"));
  EXPECT_EQ(config.server_poll_us["slow"], 0u);
  EXPECT_FALSE(set(config, "server", "slow:poll-us=fast"));
  EXPECT_FALSE(set(config, "server", "slow:poll-us=1000001"));
}

TEST(Config, AServersNameIsAThreadsName) {
  VmConfig config;
  EXPECT_TRUE(set(config, "server", "console:policy=fifo,priority=90"));
  EXPECT_FALSE(set(config, "server", "sixteen-letters-:cpu=0"));
  EXPECT_FALSE(set(config, "server", "a b:cpu=0"));
}

TEST(Config, DisabledExitsAreAMask) {
  VmConfig config;
  const kvm::DisableExit first = kvm::disable_exits()[0];
  const kvm::DisableExit second = kvm::disable_exits()[1];
  ASSERT_TRUE(set(config, "disable-exits", fmt::format("{},{}", first.name, second.name)));
  EXPECT_EQ(config.disable_exits, first.bit | second.bit);
  EXPECT_TRUE(set(config, "disable-exits", "none"));
  EXPECT_EQ(config.disable_exits, 0u);
}

VmConfig bootable() {
  VmConfig config;
  config.kernel = "bzImage";
  return config;
}

TEST(CheckConfig, NeedsAKernel) {
  EXPECT_TRUE(check_config(bootable()));
  EXPECT_FALSE(check_config({}));
}

TEST(CheckConfig, DumpingTheTablesNeedsNoKernel) {
  VmConfig config;
  config.dump_tables = "tables";
  EXPECT_TRUE(check_config(config));
}

TEST(CheckConfig, RefusesAVcpuThatTheVmDoesNotHave) {
  VmConfig config = bootable();
  config.vcpus[1] = {};
  EXPECT_EQ(error_of(check_config(config)), "vcpu 1: this VM has cpus = 1, numbered from 0");
}

TEST(CheckConfig, RefusesACpuThatTheMachineDoesNotHave) {
  VmConfig config = bootable();
  ASSERT_TRUE(set(config, "vcpu", "0:cpu=1023"));
  EXPECT_NE(error_of(check_config(config)).find("vcpu 0: cpu 1023 is not on this machine"),
            std::string::npos);
}

TEST(CheckConfig, PolicyAndPriorityFitEachOther) {
  VmConfig config = bootable();
  config.vcpus[0] = {.policy = Policy::fifo};
  EXPECT_EQ(error_of(check_config(config)), "vcpu 0: policy fifo needs a priority, 1 to 99");
  config.vcpus[0] = {.priority = 5};
  EXPECT_EQ(error_of(check_config(config)), "vcpu 0: priority 5 needs policy=fifo or policy=rr");
}

TEST(CheckConfig, MemoryIsAWholeNumberOfHugePages) {
  VmConfig config = bootable();
  config.hugepages = PageSize::huge_1g;
  EXPECT_NE(error_of(check_config(config)).find("page size of 1024 MiB"), std::string::npos);
}

TEST(WantsRealTime, WhenAnyThreadHasARealTimePolicy) {
  VmConfig config = bootable();
  EXPECT_FALSE(is_on(Switch::automatic, config));
  config.servers["console"] = {.policy = Policy::rr, .priority = 1};
  EXPECT_TRUE(is_on(Switch::automatic, config));
  EXPECT_FALSE(is_on(Switch::off, config));
}

Placement fifo_on(std::optional<std::string_view> cpus) {
  Placement placement{.policy = Policy::fifo, .priority = 1};
  if (cpus) placement.cpus = *CpuList::parse(*cpus);
  return placement;
}

TEST(HasDedicatedCpus, WhenEachVcpuIsAloneOnItsCpu) {
  VmConfig config = bootable();
  config.cpus = 2;
  EXPECT_FALSE(has_dedicated_cpus(config));
  config.vcpus = {{0, fifo_on("1")}, {1, fifo_on("2")}};
  config.servers["console"] = fifo_on("0");
  config.servers["disk"] = {};
  EXPECT_TRUE(has_dedicated_cpus(config));
}

TEST(HasDedicatedCpus, NotWhenAVcpuIsOrdinaryOrMayMove) {
  VmConfig config = bootable();
  config.vcpus = {{0, {.cpus = *CpuList::parse("1")}}};
  EXPECT_FALSE(has_dedicated_cpus(config));
  config.vcpus = {{0, fifo_on("1-2")}};
  EXPECT_FALSE(has_dedicated_cpus(config));
  config.vcpus = {{0, fifo_on(std::nullopt)}};
  EXPECT_FALSE(has_dedicated_cpus(config));
}

TEST(HasDedicatedCpus, NotWhenAnotherVcpuOrARealTimeServerMayBeThere) {
  VmConfig config = bootable();
  config.cpus = 2;
  config.vcpus = {{0, fifo_on("1")}, {1, fifo_on("1")}};
  EXPECT_FALSE(has_dedicated_cpus(config));
  config.vcpus[1] = fifo_on("2");
  config.servers["net"] = fifo_on("2-3");
  EXPECT_FALSE(has_dedicated_cpus(config));
  config.servers["net"] = fifo_on(std::nullopt);
  EXPECT_FALSE(has_dedicated_cpus(config));
}

TEST(ConfigFile, KeysAreTheOptionsNames) {
  VmConfig config;
  ASSERT_TRUE(parse_config(config, R"(
kernel = "vmlinuz"
memory = "1G"
cpus = 2
testdev = true
vcpu = ["0:cpu=0", "1:policy=fifo,priority=3"]
[server.console]
policy = "fifo"
priority = 90
)",
                           "vm.toml"));
  EXPECT_EQ(config.kernel, "vmlinuz");
  EXPECT_EQ(config.memory, 1_GiB);
  EXPECT_EQ(config.cpus, 2u);
  EXPECT_TRUE(config.testdev);
  EXPECT_EQ(config.vcpus[1].priority, 3);
  EXPECT_EQ(config.servers["console"].priority, 90);
}

TEST(ConfigFile, ATableIsTheSameAsTheText) {
  VmConfig config;
  ASSERT_TRUE(parse_config(config, "[vcpu.0]\ncpu = 0\npolicy = \"fifo\"\npriority = 80\n", "f"));
  EXPECT_EQ(config.vcpus[0].cpus->text(), "0");
  EXPECT_EQ(config.vcpus[0].priority, 80);
}

TEST(ConfigFile, HelpersAreOneTable) {
  VmConfig config;
  ASSERT_TRUE(
      parse_config(config, "[helpers]\ncpu = \"0-1\"\npolicy = \"rr\"\npriority = 2\n", "f"));
  EXPECT_EQ(config.helpers->cpus->text(), "0-1");
  EXPECT_EQ(config.helpers->priority, 2);
  EXPECT_FALSE(wants_real_time(config)) << "they are not of the VM";
  EXPECT_EQ(error_of(parse_config(config, "[helpers]\ncore = 1\n", "vm.toml")),
            "vm.toml:1: helpers = 'core=1': unknown key 'core'; allowed are cpu, policy, priority");
}

TEST(ConfigFile, ResctrlHasLinesOfSchemata) {
  VmConfig config;
  ASSERT_TRUE(parse_config(config, "[resctrl]\nschemata = [\"L3:0=f0\", \"MB:0=50\"]\n", "f"));
  EXPECT_EQ(config.resctrl, (std::vector<std::string>{"L3:0=f0", "MB:0=50"}));
  EXPECT_FALSE(parse_config(config, "[resctrl]\nschemata = [\"f0\"]\n", "f"));
  EXPECT_EQ(error_of(parse_config(config, "[resctrl]\nl3 = \"f0\"\n", "vm.toml")),
            "vm.toml:2: resctrl.l3: resctrl has one key: schemata = [\"TEXT\", ...]");
  config.kernel = "bzImage";
  config.name = "a/b";
  EXPECT_NE(error_of(check_config(config)).find("no '/'"), std::string::npos);
}

TEST(Config, DmaLatencyIsASwitchOrMicroseconds) {
  VmConfig config;
  ASSERT_TRUE(set(config, "cpu-dma-latency", "20"));
  EXPECT_TRUE(is_on(config.cpu_dma_latency, config));
  EXPECT_EQ(config.cpu_dma_latency_us, 20u);
  ASSERT_TRUE(set(config, "cpu-dma-latency", "auto"));
  EXPECT_FALSE(is_on(config.cpu_dma_latency, config));
  EXPECT_EQ(config.cpu_dma_latency_us, 0u);
  EXPECT_EQ(error_of(set(config, "cpu-dma-latency", "on")),
            "cpu-dma-latency = 'on': allowed are off, auto, and 0 to 1000000 (microseconds)");
}

TEST(Config, BudgetsAddUp) {
  VmConfig config;
  ASSERT_TRUE(set(config, "budget", "exit_us=20,wakeup_us=50"));
  ASSERT_TRUE(set(config, "budget", "job_us=100,slow.job_us=7,bundles=/tmp/late"));
  EXPECT_EQ(config.budget.exit_us, 20u);
  EXPECT_EQ(config.budget.wakeup_us, 50u);
  EXPECT_EQ(config.budget.job_us, 100u);
  EXPECT_EQ(config.budget.server_job_us["slow"], 7u);
  EXPECT_EQ(config.budget.bundles, "/tmp/late");
}

TEST(Config, ABudgetThatCannotBeIsNamedWithWhatIsAllowed) {
  VmConfig config;
  EXPECT_EQ(error_of(set(config, "budget", "exit_us=0")),
            "budget = 'exit_us=0': allowed are whole numbers from 1 to 500000");
  EXPECT_EQ(error_of(set(config, "budget", "exit=5")),
            "budget = 'exit=5': unknown key 'exit'; allowed are exit_us, wakeup_us, job_us, "
            "SERVER.job_us, bundles");
  EXPECT_FALSE(set(config, "budget", "exit_us"));
  EXPECT_FALSE(set(config, "budget", ".job_us=5"));
  EXPECT_FALSE(config.budget.any());
}

TEST(CheckConfig, ABudgetForAServerThatTheVmDoesNotHaveIsNamed) {
  VmConfig config = bootable();
  ASSERT_TRUE(set(config, "budget", "disk.job_us=5"));
  EXPECT_EQ(error_of(check_config(config)).substr(0, 57),
            "budget disk.job_us: no device is assigned to it; servers ");
}

TEST(ConfigFile, BudgetsAreATable) {
  VmConfig config;
  ASSERT_TRUE(parse_config(config, R"(
[budget]
exit_us = 20
server.slow.job_us = 100
uart.job_us = 9
bundles = "late"
)",
                           "vm.toml"));
  EXPECT_EQ(config.budget.exit_us, 20u);
  EXPECT_EQ(config.budget.server_job_us["slow"], 100u);
  EXPECT_EQ(config.budget.server_job_us["uart"], 9u);
  EXPECT_EQ(config.budget.bundles, "late");
}

TEST(ConfigFile, AWrongBudgetIsNamedWithItsLine) {
  VmConfig config;
  EXPECT_EQ(error_of(parse_config(config, "[budget]\nexit_us = 20\nwakeup_us = 0\n", "vm.toml")),
            "vm.toml:3: budget = 'wakeup_us=0': allowed are whole numbers from 1 to 500000");
  EXPECT_EQ(error_of(parse_config(config, "[budget]\nexit_us = [1]\n", "vm.toml")),
            "vm.toml:2: exit_us: a text or a number is allowed");
}

TEST(ConfigFile, AnUnknownKeyIsNamedWithItsLineAndTheNearestKnownOne) {
  VmConfig config;
  EXPECT_EQ(error_of(parse_config(config, "cpus = 1\nmemroy = \"1G\"\n", "vm.toml")),
            "vm.toml:2: unknown key 'memroy'; did you mean 'memory'?");
  EXPECT_NE(error_of(parse_config(config, "flux = 1\n", "vm.toml")).find("allowed are kernel, "),
            std::string::npos);
}

TEST(ConfigFile, AWrongValueIsNamedWithItsLine) {
  VmConfig config;
  EXPECT_EQ(error_of(parse_config(config, "\ncpus = -1\n", "vm.toml")),
            "vm.toml:2: cpus = '-1': allowed are whole numbers from 1 to 4096");
  EXPECT_EQ(error_of(parse_config(config, "cpus = [1]\n", "vm.toml")),
            "vm.toml:1: cpus: one value is allowed, not a list");
  EXPECT_FALSE(parse_config(config, "cpus = 1.5\n", "vm.toml"));
  EXPECT_FALSE(parse_config(config, "cpus = 1979-05-27\n", "vm.toml"));
}

TEST(ConfigFile, WhatIsNotTomlIsNamedWithItsLine) {
  VmConfig config;
  EXPECT_EQ(error_of(parse_config(config, "cpus = \n", "vm.toml")).substr(0, 10), "vm.toml:1:");
}

TEST(ConfigFile, ATableHeaderThatEndsAtOnceIsNamedWithItsLine) {  // found by config_fuzz
  VmConfig config;
  EXPECT_EQ(error_of(parse_config(config, "\n[\n1", "vm.toml")).substr(0, 9), "vm.toml:2");
}

TEST(ConfigFile, ALetterBeyondAsciiOutsideOfAStringIsNamedWithItsLine) {  // found by config_fuzz
  VmConfig config;
  EXPECT_EQ(error_of(parse_config(config, "cpus = 1\nn\u00e9 = 1\n", "vm.toml")).substr(0, 9),
            "vm.toml:2");
  EXPECT_TRUE(parse_config(config, "kernel = \"\u00e9\"  # \u00e9\n", "vm.toml"));
}

TEST(ConfigFile, AFileThatIsNotThereIsNamed) {
  VmConfig config;
  EXPECT_EQ(error_of(load_config(config, "/nonexistent/vm.toml")),
            "open /nonexistent/vm.toml: No such file or directory");
}

}  // namespace
}  // namespace takt
