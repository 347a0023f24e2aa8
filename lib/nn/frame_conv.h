// SPDX-License-Identifier: MIT
// A long convolution over the frames of a network, live: y[t][c] = sum over d < taps of h[d][c]
// u[t - d][c], the frames before the stream being zero. Frame by frame, without latency, exact.
//
// Two levels (Gardner, "Efficient convolution without input-output delay", 1995): every kBlock
// frames, what all earlier frames add to the next kBlock is computed in one pass, in which a frame
// and a tap are loaded once for many products; frames within the block add themselves directly. At
// the few hundred taps of 10 ms each that seconds of memory are, this is faster than transforms,
// whose blocks would also come late or all at once (docs/long_convolution.md). Groups that share
// the filters reach their blocks in turn, so that every frame costs about the same.
#pragma once

#include <span>
#include <vector>

#include "lib/base/aligned_vector.h"
#include "lib/base/arena.h"
#include "lib/base/realtime.h"

namespace limpid::nn {

class FrameConv {
 public:
  static constexpr int kBlock = 32;

  FrameConv() = default;
  // h[tap][channel], tap 0 being that of the present frame; taps, channels >= 1.
  FrameConv(std::span<const float> h, int taps, int channels);

  int taps() const noexcept { return taps_; }
  int channels() const noexcept { return channels_; }
  // [tap][channel], the last one is that of the present frame.
  std::span<const float> oldest_first() const noexcept { return oldest_first_; }

  // What `groups` groups of channels remember.
  class State {
   public:
    State() = default;
    State(const FrameConv& conv, Arena& arena, int groups);
    // Forgets what one group has heard, at no cost: nothing is cleared, only never read again.
    void restart(int group) LIMPID_REALTIME;

   private:
    friend class FrameConv;
    struct Group {
      float* past;     // [taps - 1 frames before the block][kBlock frames of it]
      float* pending;  // [kBlock]: what the frames before the block add to it, if there are any
      int at;          // where in the block the next frame goes
      int first;       // frame of the block that is the oldest to count; negative: before the block
    };
    std::vector<Group> groups_;
  };

  // The next `frames` of one group, [frame][channel], in place.
  void run(State& state, int group, float* rows, int frames) const LIMPID_REALTIME;

 private:
  void begin_block(State::Group& group) const LIMPID_REALTIME;

  int taps_ = 0, channels_ = 0;
  AlignedVector<float> oldest_first_;  // [tap][channel]
};

}  // namespace limpid::nn
