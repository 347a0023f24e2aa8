// SPDX-License-Identifier: MIT
// Gains for the bins above a network's band: the network was trained on 0..8 kHz, the microphone
// runs at 48 kHz. Above the band follows what the network does in the top of its band.
#pragma once

#include <complex>
#include <span>
#include <vector>

#include "lib/base/realtime.h"

namespace limpid::models {

class BandExtension {
 public:
  // band: bins of the network; bins: of the spectrum; frame_seconds: the hop; taps: masks a frame.
  BandExtension(int band, int bins, double frame_seconds, int lanes, int taps = 1);

  // [tap][stride], stride >= bins. Bins [0, band) are given, [band, bins) of tap 0 are filled with
  // real gains in [0, 1]: from the gain just below the edge, within an eighth of the band, to that
  // of the whole top. Loud bins count for more, by their power in `spectrum` (the frame that is
  // masked, at least band bins): between the partials of a voice masks close. The gain of a filter
  // is taken as the root of the sum of its squared taps: what it does to frames that have nothing
  // in common, as those of noise nearly have (with 50 % overlap they share a tenth of their power),
  // and for one tap the magnitude of the mask.
  void extend(int lane, const std::complex<float>* spectrum, std::span<float> re,
              std::span<float> im) LIMPID_REALTIME;
  void restart(int lane) LIMPID_REALTIME;
  static int settle(double frame_seconds) noexcept;  // frames after which it has forgotten

  // For those who do it elsewhere. The first bins of the edge and of the top of a band; what of the
  // two gains remains from frame to frame; the share of the way between them that a bin goes.
  static int edge(int band) noexcept;
  static int top(int band) noexcept;
  static float decay(double frame_seconds) noexcept;
  static float blend(int band) noexcept;
  static constexpr float kSilence = 1e-12f;  // is added to every bin's power

 private:
  int band_, bins_, taps_;
  float decay_;                // of the smoothed gains, per frame
  std::vector<float> smooth_;  // [lane][edge, top]
};

}  // namespace limpid::models
