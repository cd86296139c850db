// SPDX-License-Identifier: Apache-2.0
// Locks and what waits for them, for the real-time guard: none of these inherits priorities, or
// none that takt makes. PiMutex calls futex(2) by number and so is the only lock that passes.
#include <pthread.h>
#include <semaphore.h>

#include "base/rt_guard_next.h"

namespace {

void look(const char* call) noexcept { takt::rt::look(takt::rt::Breach::lock, call); }

}  // namespace

TAKT_WATCH(look, int, pthread_mutex_lock, (pthread_mutex_t * mutex), (mutex), noexcept)
TAKT_WATCH(look, int, pthread_mutex_trylock, (pthread_mutex_t * mutex), (mutex), noexcept)
TAKT_WATCH(look, int, pthread_mutex_timedlock, (pthread_mutex_t * mutex, const timespec* until),
           (mutex, until), noexcept)
TAKT_WATCH(look, int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock), (lock), noexcept)
TAKT_WATCH(look, int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock), (lock), noexcept)
TAKT_WATCH(look, int, pthread_rwlock_tryrdlock, (pthread_rwlock_t * lock), (lock), noexcept)
TAKT_WATCH(look, int, pthread_rwlock_trywrlock, (pthread_rwlock_t * lock), (lock), noexcept)
TAKT_WATCH(look, int, pthread_spin_lock, (pthread_spinlock_t * lock), (lock), noexcept)
TAKT_WATCH(look, int, pthread_once, (pthread_once_t * once, void (*body)()), (once, body))
TAKT_WATCH(look, int, pthread_barrier_wait, (pthread_barrier_t * barrier), (barrier), noexcept)
TAKT_WATCH(look, int, sem_wait, (sem_t * semaphore), (semaphore))
TAKT_WATCH(look, int, sem_timedwait, (sem_t * semaphore, const timespec* until), (semaphore, until))

/// x86-64 has condition variables of two layouts under one name.
#define TAKT_WATCH_COND(name, parameters, arguments, ...)                       \
  extern "C" int name parameters __VA_ARGS__ {                                  \
    static constinit takt::rt::Next<int parameters> next{#name, "GLIBC_2.3.2"}; \
    look(#name);                                                                \
    return next.get() arguments;                                                \
  }
TAKT_WATCH_COND(pthread_cond_wait, (pthread_cond_t * cond, pthread_mutex_t* mutex), (cond, mutex))
TAKT_WATCH_COND(pthread_cond_timedwait,
                (pthread_cond_t * cond, pthread_mutex_t* mutex, const timespec* until),
                (cond, mutex, until))
TAKT_WATCH_COND(pthread_cond_signal, (pthread_cond_t * cond), (cond), noexcept)
TAKT_WATCH_COND(pthread_cond_broadcast, (pthread_cond_t * cond), (cond), noexcept)
TAKT_WATCH(look, int, pthread_cond_clockwait,
           (pthread_cond_t * cond, pthread_mutex_t* mutex, clockid_t clock, const timespec* until),
           (cond, mutex, clock, until))
