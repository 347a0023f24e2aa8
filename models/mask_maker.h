// SPDX-License-Identifier: MIT
// MaskMaker: what a network does inside a MaskSession. Columns of spectrum in, masks out.
#pragma once

#include <algorithm>
#include <complex>
#include <cstddef>

#include "lib/base/realtime.h"

namespace limpid::models {

// What a session has to know about a network of masks; the same at every sample rate.
struct MaskTraits {
  double window = 0, hop = 0;  // seconds
  int bins = 0;                // frequencies of the network, at its own rate
  int taps = 1;                // masks a frame: the k-th is for the frame k earlier
  int lookahead = 0;           // frames by which masks trail the columns
  bool voice = false;          // whether there is a voice-activity output
  int microphones = 1;         // each but the first has one mask, for the present frame
  int steady_frames = 0;       // of each microphone, in the filter of models/steady.h; 0: none
  int steady_horizon = 1;      // frames after which it forgets
  double past = 0;             // seconds before the window that columns are made from as well

  int masks() const noexcept { return taps + microphones - 1; }               // a frame
  int history() const noexcept { return std::max(taps, steady_frames) - 1; }  // frames heard again
};

// The state of `lanes` streams through one network.
class MaskMaker {
 public:
  MaskMaker() = default;
  MaskMaker(const MaskMaker&) = delete;
  MaskMaker& operator=(const MaskMaker&) = delete;
  virtual ~MaskMaker() = default;

  // `frames` columns of every lane follow, by analyse(); then run(). Never more than the capacity
  // that the maker was opened with.
  virtual void begin(int frames) LIMPID_REALTIME = 0;

  // Frame 0 <= frame < frames of a lane; the column of microphone m begins at columns + m * apart.
  // The first `band` bins of it times `scale` are those of the network; what it has above them is
  // silent.
  virtual void analyse(int lane, int frame, const std::complex<float>* columns,
                       std::ptrdiff_t apart, int band, float scale) LIMPID_REALTIME = 0;

  // Returns how many frames of masks are ready, those of earlier runs included.
  virtual int run() LIMPID_REALTIME = 0;

  // Masks of `frame` of those ready: [bins] each, that of tap k begins at re + k * stride; those of
  // the second and further microphones follow.
  virtual void mask(int lane, int frame, std::ptrdiff_t stride, float* re,
                    float* im) LIMPID_REALTIME = 0;

  // Probability of speech in that frame; asked of networks with `voice` only.
  virtual float voice(int lane, int frame) const LIMPID_REALTIME = 0;

  // Forgets the first `frames` of those ready.
  virtual void pop(int frames) LIMPID_REALTIME = 0;

  virtual void reset() LIMPID_REALTIME = 0;  // as just opened
  // One lane of them. Not of networks with look-ahead, which hold frames of all lanes back
  // together.
  virtual void restart(int lane) LIMPID_REALTIME = 0;
  virtual std::size_t memory() const noexcept = 0;  // bytes
};

}  // namespace limpid::models
