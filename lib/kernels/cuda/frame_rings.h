// SPDX-License-Identifier: MIT
// What layers keep in rings of frames: new frames overwrite the oldest ones, so that nothing
// moves at the end of a call.
#pragma once

#include "lib/kernels/cuda/host_device.h"

namespace limpid::kernels::cuda {

// Where all rings of a network stand, which differ in their capacity. It changes from call to call
// and therefore lies in the GPU's memory, which a recorded graph reads; zero before the first call.
struct RingHead {
  float at;     // where the first frame of this call goes in the long ones, 0 .. capacity - 1
  float brief;  // the same of the short ones (normed_filter.h)
  float stale;  // whether the latest call left the tails of before (long_filter_hops.h); 0 or 1
};

// Where a frame lies, so many from a ring's beginning, or before it, or behind its end.
LIMPID_HD int ring_slot(int at, int capacity) {
  if (at < 0) return at + capacity;
  return at < capacity ? at : at - capacity;
}

// Rings advance by the frames of a call.
struct AdvanceArgs {
  RingHead* head;
  std::int32_t frames, capacity, brief_capacity;
  bool stale;
};
struct Advance {
  using Args = AdvanceArgs;
  static constexpr int kThreads = 1, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args&) { return 1; }

  LIMPID_HD static float advanced(float at, int frames, int capacity) {
    return static_cast<float>(ring_slot(static_cast<int>(at) + frames, capacity));
  }
  template <int Phase>
  LIMPID_HD static void run(int, std::int64_t, Complex*, const Args& args) {
    RingHead& head = *args.head;
    head.at = advanced(head.at, args.frames, args.capacity);
    head.brief = advanced(head.brief, args.frames, args.brief_capacity);
    head.stale = args.stale ? 1.0f : 0.0f;
  }
};

}  // namespace limpid::kernels::cuda
