// SPDX-License-Identifier: Apache-2.0
#include "record/thread_recorder.h"

namespace takt {
namespace {
thread_local ThreadRecorder* own_recorder = nullptr;
}

ThreadRecorder* ThreadRecorder::here() RT { return own_recorder; }

ThreadRecorder::Scope::Scope(ThreadRecorder& recorder) RT { own_recorder = &recorder; }
ThreadRecorder::Scope::~Scope() { own_recorder = nullptr; }

void put_record(const Record& record) RT {
  if (own_recorder != nullptr) own_recorder->put(record);
}

}  // namespace takt
