// SPDX-License-Identifier: MIT
// The norm of whole planes, which is three kernels, run thread by thread on the CPU.
#pragma once

#include <vector>

#include "lib/kernels/cuda/frame_norm.h"
#include "tests/cuda/emulate.h"

namespace limpid::kernels::cuda {

// Number: as FrameNorm's.
template <class Number = Float>
void emulate_plane_norm(const FrameNormArgs& frames) {
  const auto lanes = static_cast<std::size_t>(frames.lanes);
  std::vector<Complex> moments(lanes * static_cast<std::size_t>(frames.frames)), of_lanes(lanes);
  const PlaneNormArgs args{frames, moments.data(), of_lanes.data()};
  emulate<PlaneFrames<Number>>(args);
  emulate<PlaneMoments>(args);
  emulate<PlaneScale<Number>>(args);
}

}  // namespace limpid::kernels::cuda
