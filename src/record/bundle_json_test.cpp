// SPDX-License-Identifier: Apache-2.0
#include "record/bundle_json.h"

#include <gtest/gtest.h>

#include <string_view>

#include "record/explain.h"
#include "record/test_bundles.h"

namespace takt {
namespace {

using namespace std::string_view_literals;

TestBundle full() {
  TestBundle t;
  t.record(t.vcpu(), RecordKind::mmio, 0, 300).missed(t.vcpu(), Budget::exit, 100);
  t.woken(0, on_vcpu).switched(3, on_nothing, "S", on_vcpu);
  t.bundle.rt_runtime_us = -1;
  t.bundle.effective = R"({"name": "takt"})";
  return t;
}

std::string error_of(std::string_view text) {
  const auto bundle = parse_bundle(text);
  return bundle ? "" : bundle.error().text;
}

/// `text` with what stands for `from` replaced.
std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(BundleJson, WhatIsWrittenIsRead) {
  const TestBundle t = full();
  const auto read = parse_bundle(to_json(t.bundle));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(explain(*read).text, explain(t.bundle).text);
  EXPECT_EQ(read->host_events->size(), 2u);
  EXPECT_EQ((*read->host_events)[1].details, (*t.bundle.host_events)[1].details);
  EXPECT_EQ(read->rt_runtime_us, -1);
  EXPECT_EQ(read->threads[0].records[0].address, 0xff00'1008u);
  EXPECT_EQ(read->miss.record->took_ns, 300'000u);
  EXPECT_EQ(to_json(*read).size() + R"(,"effective":{"name":"takt"})"sv.size(),
            to_json(t.bundle).size());
}

TEST(BundleJson, AMissWithoutARecordAndWithoutEventsIsRead) {
  TestBundle t;
  t.waited(300, 3);
  const auto read = parse_bundle(to_json(t.bundle));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->miss.waits, 3u);
  EXPECT_FALSE(read->miss.record);
  EXPECT_FALSE(read->host_events);
  EXPECT_EQ(read->host_events_missing, "not permitted");
}

TEST(BundleJson, ANameThatIsNoUtf8IsWrittenAllTheSame) {
  TestBundle t = full();
  t.vcpu().name = "\xff\xfe";
  EXPECT_TRUE(parse_bundle(to_json(t.bundle)));
}

TEST(BundleJson, WhatIsNoBundleIsSaidInOneLine) {
  EXPECT_EQ(error_of(""), "not a bundle of takt's: no JSON object");
  EXPECT_EQ(error_of("[1]"), "not a bundle of takt's: no JSON object");
  EXPECT_EQ(error_of("{}"), "not a bundle of takt's: takt_bundle is not 1");
  EXPECT_EQ(error_of(R"({"takt_bundle": 1})"), "bundle.vm is not a text");
}

TEST(BundleJson, AWrongFieldIsNamedWithItsPlace) {
  const std::string good = to_json(full().bundle);
  EXPECT_EQ(error_of(with(good, R"("kind":"mmio")", R"("kind":"x")")),
            "bundle.miss.record.kind is not a word that is known here");
  EXPECT_EQ(error_of(with(good, R"("cpu":2)", R"("cpu":-2)")),
            "bundle.host_events[0].cpu is not a number that fits");
  EXPECT_EQ(error_of(with(good, R"("tid":100)", R"("tid":5000000000)")),
            "bundle.miss.tid is not a whole number that fits");
  EXPECT_EQ(error_of(with(good, R"("threads":[)", R"("threads":[7,)")),
            "bundle.threads[0] is not an object");
}

}  // namespace
}  // namespace takt
