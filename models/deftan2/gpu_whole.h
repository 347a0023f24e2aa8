// SPDX-License-Identifier: MIT
// The published DeFTAN-II over whole recordings on a GPU: all lanes and frames of a call in each
// kernel of both ends, as many sequences at a time in each half of a block as fit its scratch.
#pragma once

#include <memory>

#include "models/deftan2/gpu_deftan2_layers.h"

namespace limpid::models {

class GpuDeftan2Whole {
 public:
  // What a half works on at a time: positions of the feature map that fill a card several times
  // over (a thousand sequences of four seconds, each of which has a block for its norms, in 0.94 GB
  // at the published widths), and at least so many sequences: of long recordings, those take no
  // more memory than both ends have to have.
  struct Portion {
    int positions = 1 << 18, sequences = 90;
  };

  // Not causal. The queue must outlive it.
  static Result<std::unique_ptr<GpuDeftan2Whole>> open(kernels::cuda::LayerQueue& queue,
                                                       const Deftan2Network& network,
                                                       Arithmetic arithmetic,
                                                       const Portion& portion);
  GpuDeftan2Whole(const GpuDeftan2Whole&) = delete;
  GpuDeftan2Whole& operator=(const GpuDeftan2Whole&) = delete;

  // So many recordings of so many frames, at least `unfold`, of models/deftan2/padded.h.
  struct Extent {
    int lanes, frames;
  };
  // Where a call finds everything in its memory, all of which it writes before it reads it, but for
  // the first two.
  struct Workspace {
    float* audio;                                       // [microphone][lane][frames + 1][hop]
    float* levels;                                      // [lane][frame]: what divides a recording
    float* output;                                      // [lane][frames - 2][hop], from kFront on
    float *spectra, *inputs, *map, *planes, *filtered;  // [position][channels] and the like
    float *packed_inputs, *packed_map;  // of those two, where activations are packed
    float* work;                        // of both ends, in turn with halves' scratch
    GpuHalfScratch scratch;
    kernels::cuda::Complex *moments, *of_lanes;
    std::size_t floats;  // in all
  };
  // Without memory: only how much there must be. unsupported: more than kernels can count.
  Result<Workspace> workspace(Extent extent, float* memory) const;

  // Enqueues it all.
  Status run(Extent extent, const Workspace& workspace) const;

 private:
  GpuDeftan2Whole(kernels::cuda::LayerQueue& queue, const Deftan2Config& config,
                  Arithmetic arithmetic, const Portion& portion);

  Extent part(int lanes, int sequences, int length) const noexcept;
  nn::Activation among_zeros(float* data, Extent extent, int channels) const noexcept;
  Status clear_around(nn::Activation x) const;
  kernels::cuda::ArraySpectra spectra(Extent extent, const Workspace& workspace) const noexcept;
  Status analyse(Extent extent, const Workspace& workspace, nn::Activation inputs) const;
  Status run_end(const GpuPlane& end, Extent extent, const Workspace& workspace, nn::Activation in,
                 nn::Activation out) const;
  const GpuStore& store() const noexcept { return layers_.store; }
  Status repack(kernels::cuda::Repacking repacking, nn::Activation from, nn::Activation to,
                int channels) const;
  Status run_halves(nn::Activation x, const Workspace& workspace) const;
  Status run_packed(Extent extent, const Workspace& workspace, nn::Activation inputs,
                    nn::Activation x) const;
  Status run_half(const GpuBlockHalf& half, nn::Activation x, const Workspace& workspace) const;
  Status synthesise(Extent extent, const Workspace& workspace, nn::Activation planes) const;

  kernels::cuda::LayerQueue& queue_;
  const Deftan2Config config_;
  Portion portion_;
  GpuDeftan2Layers layers_;
};

}  // namespace limpid::models
