// SPDX-License-Identifier: Apache-2.0
#include "cli/trace_command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace takt {
namespace {

using std::chrono::milliseconds;

TEST(TraceCommand, ATimeHasAUnit) {
  EXPECT_EQ(parse_duration("5s"), milliseconds{5000});
  EXPECT_EQ(parse_duration("250ms"), milliseconds{250});
  EXPECT_EQ(parse_duration("2min"), milliseconds{120'000});
  EXPECT_EQ(parse_duration("60min"), milliseconds{3'600'000});
  for (const char* text :
       {"", "5", "s", "0s", "-1s", "61min", "5 s", "1.5s", "99999999999999999999s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

constexpr const char* trace =
    R"({"traceEvents":[],"otherData":{"threads":[{"name":"vcpu0","records":4095,
    "from_its_start":false,"goes_back_ms":520.5},{"name":"console","records":0,
    "from_its_start":true}],"host":{"missing":"trace-host is off"}}})";

TEST(TraceCommand, SaysHowFarBackEachThreadGoes) {
  EXPECT_EQ(reach_of(trace),
            "vcpu0: the last 0.520 s, 4095 records\n"
            "console: nothing, 0 records, from its start\n"
            "host: trace-host is off\n");
  EXPECT_EQ(reach_of(R"({"otherData":{"host":{"events":7,"goes_back_ms":2000}}})"),
            "host: the last 2.000 s, 7 events\n");
  EXPECT_EQ(reach_of("no JSON"), "");
}

struct File {
  ~File() { std::filesystem::remove(path); }
  [[nodiscard]] std::string content() const {
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::string path = testing::TempDir() + "takt_trace_command_test.json";
};

TEST(TraceCommand, WritesWhatTheVmAnswers) {
  const File file;
  std::string asked;
  const auto fetch = [&](const std::string& name, const std::string& target) {
    asked = name + " " + target;
    return Result<std::string>{trace};
  };
  EXPECT_EQ(trace_command({.name = "plc", .last = "2s", .output = file.path}, fetch), 0);
  EXPECT_EQ(asked, "plc /api/v1/vm.trace?last_ms=2000");
  EXPECT_EQ(file.content(), trace);
}

TEST(TraceCommand, ARefusalLeavesNoFile) {
  const File file;
  const auto fetch = [](const std::string&, const std::string&) -> Result<std::string> {
    return env_error("the VM is gone");
  };
  EXPECT_EQ(trace_command({.name = "plc", .last = "2s", .output = file.path}, fetch), 1);
  EXPECT_EQ(trace_command({.name = "plc", .last = "2", .output = file.path}, fetch), 2);
  EXPECT_FALSE(std::filesystem::exists(file.path));
}

}  // namespace
}  // namespace takt
