// SPDX-License-Identifier: MIT
// The layers of a DeFTAN-II network on a GPU, which a stream and a whole recording run through in
// the same order.
#pragma once

#include <vector>

#include "models/deftan2/gpu_half.h"
#include "models/deftan2/gpu_plane.h"
#include "models/deftan2/network.h"
#include "models/gpu/transforms.h"

namespace limpid::models {

struct GpuDeftan2Layers {
  GpuTransforms transforms;
  GpuPlane encoder, decoder;
  std::vector<GpuBlockHalf> halves;  // along frequency, along time, along frequency, ...
  GpuStore store;

  // Queue and configuration must outlive it. Over a whole recording both halves go along rows, of
  // a view that is turned for the second. `store`: of the encoder's stages and the halves.
  GpuDeftan2Layers(kernels::cuda::LayerQueue& queue, const Deftan2Config& config, GpuReach reach,
                   GpuStore store = {});
  Status load(kernels::cuda::LayerQueue& queue, const Deftan2Network& network,
              Arithmetic arithmetic, const dsp::StftWindows& windows);
};

}  // namespace limpid::models
