// SPDX-License-Identifier: Apache-2.0
#include "bus/irq.h"

#include <gtest/gtest.h>

#include <vector>

namespace takt {
namespace {

class Recorder : public IrqSink {
 public:
  void drive(bool level) RT override { levels.push_back(level); }
  std::vector<bool> levels;
};

TEST(LevelIrq, ForwardsChangesOnly) {
  Recorder recorder;
  LevelIrq irq{recorder};
  irq.set(false);
  irq.set(true);
  irq.set(true);
  irq.set(false);
  EXPECT_EQ(recorder.levels, (std::vector<bool>{true, false}));
}

}  // namespace
}  // namespace takt
