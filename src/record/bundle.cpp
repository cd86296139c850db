// SPDX-License-Identifier: Apache-2.0
#include "record/bundle.h"

#include <algorithm>

namespace takt {

const BundleThread* thread_of(const Bundle& bundle, std::int32_t tid) {
  const auto it = std::ranges::find(bundle.threads, tid, &BundleThread::tid);
  return it == bundle.threads.end() ? nullptr : &*it;
}

}  // namespace takt
