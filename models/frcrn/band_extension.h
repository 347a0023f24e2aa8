// SPDX-License-Identifier: MIT
// Gains for the bins above a network's band: the network was trained on 0..8 kHz, the microphone
// runs at 48 kHz. Above the band follows what the network does in the top of its band.
#pragma once

#include <span>
#include <vector>

#include "lib/base/realtime.h"

namespace limpid::models {

class BandExtension {
 public:
  // band: bins of the network; bins: of the spectrum; frame_seconds: the hop.
  BandExtension(int band, int bins, double frame_seconds, int lanes);

  // Mask bins [0, band) are given, [band, bins) are filled with real gains in [0, 1]: from the mask
  // magnitude just below the edge, within an eighth of the band, to that of the whole top.
  void extend(int lane, std::span<float> re, std::span<float> im) LIMPID_REALTIME;
  void reset() noexcept;

 private:
  static constexpr float kSmoothingSeconds = 0.02f;  // mask magnitudes jitter; hiss must not

  int band_, bins_;
  float keep_;                 // of the smoothed gains, per frame
  std::vector<float> smooth_;  // [lane][edge, top]
};

}  // namespace limpid::models
