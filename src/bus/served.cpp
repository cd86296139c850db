// SPDX-License-Identifier: Apache-2.0
#include "bus/served.h"

#include "base/cycles.h"
#include "record/thread_recorder.h"

namespace takt {

Served::Served(Device& model, DeviceId id, Bell& bell, std::size_t vcpus)
    : Guarded{model, id}, bell_{bell}, lanes_(vcpus) {}

// --- the vCPU's side ---

std::uint64_t Served::read(Access access) RT {
  if (rules_.read(access.offset, bytes(access.width)) == Run::in_line) return model_.read(access);
  return ask(lane_of(access), job_of(access, false, 0));
}

void Served::write(Access access, std::uint64_t value) RT {
  const Run run = rules_.write(access.offset, bytes(access.width));
  if (run == Run::in_line) return model_.write(access, value);
  if (run == Run::posted) return post(lane_of(access), job_of(access, true, value));
  ask(lane_of(access), job_of(access, true, value));
}

Served::Job Served::job_of(Access access, bool is_write, std::uint64_t value) RT {
  return {.stamp = next_stamp_.fetch_add(1, std::memory_order_relaxed),
          .posted_at = cycles(),
          .value = value,
          .offset = access.offset,
          .width = access.width,
          .is_write = is_write};
}

void Served::post(Lane& lane, const Job& job) RT {
  if (!lane.posted.push(job)) [[unlikely]] {
    back_pressure_.fetch_add(1, std::memory_order_relaxed);
    ask(lane, job);
    return;
  }
  bell_.ring();
}

std::uint64_t Served::ask(Lane& lane, const Job& job) RT {
  const std::uint64_t begin = cycles();
  lane.asked = job;
  lane.has_asked.store(true, std::memory_order_release);
  bell_.ring();
  lane.hand_over.wait();
  put_record({.at = begin,
              .address = job.offset,
              .took = took_cycles(begin, cycles()),
              .kind = RecordKind::wait,
              .detail = access_detail(bytes(job.width), job.is_write),
              .device = id_});
  return lane.answer;
}

// --- the server's side ---

void Served::begin() RT {
  for (Lane& lane : lanes_) lane.hand_over.begin();
}

Worked Served::work() RT {
  for (unsigned n = 0; n < jobs_in_a_turn; ++n) {
    Lane* lane = oldest();
    if (lane == nullptr) return n == 0 ? Worked::nothing : Worked::all;
    do_next(*lane);
  }
  return Worked::some;
}

const Served::Job* Served::next_of(const Lane& lane) RT {
  if (const Job* job = lane.posted.front()) return job;
  if (!lane.has_asked.load(std::memory_order_acquire)) return nullptr;
  // What the vCPU had posted before it asked is visible now, if it was not above.
  if (const Job* job = lane.posted.front()) return job;
  return &lane.asked;
}

/// The lane with the lowest stamp. A job that was put into a lane while we looked at others may
/// have been there before the one found was made, so the search goes on until nothing lower turns
/// up: at most once for each lane.
Served::Lane* Served::oldest() RT {
  Lane* best = nullptr;
  std::uint64_t lowest = ~std::uint64_t{0};
  for (bool lower = true; lower;) {
    lower = false;
    for (Lane& lane : lanes_) {
      const Job* job = next_of(lane);
      if (job == nullptr || job->stamp >= lowest) continue;
      best = &lane;
      lowest = job->stamp;
      lower = lanes_.size() > 1;
    }
  }
  return best;
}

void Served::do_next(Lane& lane) RT {
  if (lane.posted.front() != nullptr)
    do_posted(lane);
  else
    do_asked(lane);
}

void Served::do_posted(Lane& lane) RT {
  const std::size_t depth = lane.posted.depth();
  const Job job = *lane.posted.front();
  put_record({.at = job.posted_at,
              .address = depth - 1,
              .took = took_cycles(job.posted_at, cycles()),
              .kind = RecordKind::queued,
              .device = id_});
  run(job);
  lane.posted.drop_front();
}

void Served::do_asked(Lane& lane) RT {
  lane.hand_over.take();
  lane.answer = run(lane.asked);
  lane.has_asked.store(false, std::memory_order_relaxed);
  lane.hand_over.done();
}

std::uint64_t Served::run(const Job& job) RT {
  const std::uint64_t begin = cycles();
  const Access access{.offset = job.offset, .width = job.width};
  std::uint64_t answer = 0;
  with([&] {
    if (job.is_write)
      model_.write(access, job.value);
    else
      answer = model_.read(access);
  });
  put_record({.at = begin,
              .address = job.offset,
              .took = took_cycles(begin, cycles()),
              .kind = RecordKind::job,
              .detail = access_detail(bytes(job.width), job.is_write),
              .device = id_});
  return answer;
}

}  // namespace takt
