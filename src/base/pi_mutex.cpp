// SPDX-License-Identifier: Apache-2.0
#include "base/pi_mutex.h"

#include "base/result.h"

namespace takt {

PiMutex::PiMutex() {
  pthread_mutexattr_t attr;
  pthread_mutexattr_init(&attr);
  if (pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT) != 0 ||
      pthread_mutex_init(&mutex_, &attr) != 0)
    VMM_BUG("the C library offers no priority-inheritance mutex");
  pthread_mutexattr_destroy(&attr);
}

PiMutex::~PiMutex() { pthread_mutex_destroy(&mutex_); }

void PiMutex::lock() { pthread_mutex_lock(&mutex_); }
void PiMutex::unlock() { pthread_mutex_unlock(&mutex_); }

}  // namespace takt
