// SPDX-License-Identifier: Apache-2.0
// EXPECT_TRUE(refused(result, "piece of the line")) with a readable failure.
#pragma once

#include <gtest/gtest.h>

#include <string_view>

#include "base/result.h"

namespace takt {

/// The result is the user's error, one line that contains `piece`.
template <class T>
testing::AssertionResult refused(const Result<T>& result, std::string_view piece) {
  if (result) return testing::AssertionFailure() << "was accepted";
  const Error& e = result.error();
  if (e.blame != Blame::usage) return testing::AssertionFailure() << "blames the host: " << e.text;
  if (e.text.find('\n') != e.text.npos)
    return testing::AssertionFailure() << "has lines: " << e.text;
  if (e.text.find(piece) == e.text.npos) return testing::AssertionFailure() << "says: " << e.text;
  return testing::AssertionSuccess();
}

template <class T>
testing::AssertionResult accepted(const Result<T>& result) {
  if (result) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "was refused: " << result.error().text;
}

}  // namespace takt
