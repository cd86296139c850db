// SPDX-License-Identifier: Apache-2.0
#include "ctl/api.h"

#include <gtest/gtest.h>

#include "ctl/client.h"
#include "ctl/fake_vm.h"

namespace takt::ctl {
namespace {

TEST(Api, APauseIsRefusedWhilePausedAndAResumeWhileNot) {
  FakeVm vm;
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.resume"}).status, 409u);
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.pause"}).status, 204u);
  EXPECT_TRUE(vm.paused);
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.pause"}).status, 409u);
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.resume"}).status, 204u);
  EXPECT_FALSE(vm.paused);
}

TEST(Api, APauseThatDoesNotComeAboutSaysWhy) {
  FakeVm vm;
  vm.stuck = true;
  const Response response = answer(vm, {"PUT", "/api/v1/vm.pause"});
  EXPECT_EQ(response.status, 503u);
  EXPECT_NE(response.body.find("vcpu0 does not stop"), std::string::npos);
}

TEST(Api, AShutdownPressesTheButtonWhereThereIsOne) {
  FakeVm vm;
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.shutdown"}).status, 204u);
  EXPECT_EQ(vm.presses, 1);
  vm.has_button = false;
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.shutdown"}).status, 501u);
  vm.paused = true;
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.shutdown"}).status, 409u);
}

TEST(Api, AnEndComesAfterTheAnswer) {
  FakeVm vm;
  const Response response = answer(vm, {"PUT", "/api/v1/vm.reset"});
  EXPECT_EQ(response.status, 204u);
  EXPECT_TRUE(vm.endings.empty());
  response.afterwards();
  ASSERT_EQ(vm.endings.size(), 1u);
  EXPECT_EQ(vm.endings[0].ending, Ending::reset);
  answer(vm, {"PUT", "/api/v1/vm.power-off"}).afterwards();
  EXPECT_EQ(vm.endings[1].ending, Ending::quit);
}

TEST(Api, AnUnknownPathIs404AndAWrongMethod405WithTheRightOne) {
  FakeVm vm;
  EXPECT_EQ(answer(vm, {"GET", "/"}).status, 404u);
  EXPECT_EQ(answer(vm, {"GET", ""}).status, 404u);
  const Response response = answer(vm, {"POST", "/api/v1/vm.pause"});
  EXPECT_EQ(response.status, 405u);
  EXPECT_EQ(response.allow, "PUT");
  EXPECT_FALSE(vm.paused);
}

TEST(Api, AQueryIsIgnored) {
  FakeVm vm;
  EXPECT_EQ(answer(vm, {"GET", "/api/v1/vmm.ping?x=1"}).status, 200u);
}

TEST(Api, InfoHasTheStateAndWhatIsInForce) {
  FakeVm vm;
  vm.paused = true;
  const std::string body = answer(vm, {"GET", "/api/v1/vm.info"}).body;
  EXPECT_NE(body.find(R"("state": "paused")"), std::string::npos);
  EXPECT_NE(body.find(R"("name": "fake")"), std::string::npos);
}

TEST(Reply, IsAStatusAndABody) {
  const auto reply = parse_reply("HTTP/1.1 409 Conflict\r\nX: y\r\n\r\n{\"error\": \"no\"}");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 409u);
  EXPECT_FALSE(reply->is_good());
  EXPECT_EQ(error_of(*reply), "no");
}

TEST(Reply, OfSomethingElseIsNone) {
  EXPECT_FALSE(parse_reply(""));
  EXPECT_FALSE(parse_reply("\r\n\r\n"));
  EXPECT_FALSE(parse_reply("HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(parse_reply("HTTP/1.1 abc\r\n\r\n"));
  EXPECT_FALSE(parse_reply("SSH-2.0-x\r\n\r\n"));
  EXPECT_EQ(error_of({.status = 500, .body = "no json"}), "status 500");
}

TEST(Api, ATraceGoesBackAsFarAsIsAsked) {
  FakeVm vm;
  EXPECT_EQ(answer(vm, {"GET", "/api/v1/vm.trace?last_ms=20"}).body, R"({"last_ns": 20000000})");
  for (const char* query : {"", "?", "?last_ms=", "?last_ms=0", "?last_ms=-1", "?last_ms=9x",
                            "?last_ms=3600001", "?last=20"})
    EXPECT_EQ(answer(vm, {"GET", std::string{"/api/v1/vm.trace"}.append(query)}).status, 400u)
        << query;
}

TEST(Api, TablesArePublishedAnewForTestsOnly) {
  FakeVm vm;
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/testdev.republish"}).status, 204u);
  vm.has_testdev = false;
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/testdev.republish"}).status, 501u);
}

TEST(Api, TheBalloonIsSetInMibOfTheGuestsMemory) {
  FakeVm vm;
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.balloon?target_mib=64"}).status, 204u);
  EXPECT_EQ(vm.balloon, 64_MiB);
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.balloon?target_mib=513"}).status, 400u);
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.balloon?target_mib=-1"}).status, 400u);
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.balloon"}).status, 400u);
  vm.has_balloon = false;
  EXPECT_EQ(answer(vm, {"PUT", "/api/v1/vm.balloon?target_mib=1"}).status, 501u);
}

}  // namespace
}  // namespace takt::ctl
