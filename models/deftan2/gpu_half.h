// SPDX-License-Identifier: MIT
// Half of a block on a GPU. Its taps are neighbouring rows of a frame, or the same row of earlier
// frames: the same layers. Along rows norms see a whole frame and nothing is remembered; along
// frames norms see one row, every layer keeps its last frames, and attention has a state
// (models/deftan2/{sequence,time}_half.h). In a stream these are frequency and time. Of a whole
// recording time is at hand as frequency is, so that both halves go along rows, those along time
// of a view that has bins for frames and frames for rows; there, activations may be packed.
#pragma once

#include <algorithm>

#include "models/deftan2/gpu_layers.h"
#include "models/deftan2/gpu_store.h"

namespace limpid::models {

enum class GpuAxis { rows, frames };

// What halves use one after the other.
struct GpuHalfScratch {
  float* narrow[4] = {};     // [lane][frame][row][channels]
  float* wide = nullptr;     // [lane][frame][row][widest()], of attention, then of the feed-forward
                             // network
  float* context = nullptr;  // [lane][frame][context_floats()]

  // Queries and keys and, but for wide heads of whole recordings, values and what is mixed of them;
  // none of those where they are packed.
  static int widest(const Deftan2Config& config, GpuStore store = {}) noexcept {
    const bool values = config.causal || config.head_width <= kernels::cuda::kNarrowHead;
    const int of_attention = store.packed() ? 0 : (values ? 4 : 2) * config.inner();
    return std::max(of_attention, 3 * config.hidden / 2);
  }
  // Of the heads of a sequence; of wide ones, what keys have gathered and what becomes of it.
  static int context_floats(const Deftan2Config& config, GpuStore store = {}) noexcept {
    const int of_feature = store.packed() ? 2 * kernels::cuda::StripPlace::kWords
                                          : std::max(config.head_width, 2 * config.channels);
    return config.inner() * of_feature;
  }
  Status claim(const Deftan2Config& config, GpuMemory& memory);
};

class GpuBlockHalf {
 public:
  // The queue and the configuration must outlive it.
  GpuBlockHalf(kernels::cuda::LayerQueue& queue, const Deftan2Config& config, GpuAxis axis,
               GpuStore store = {})
      : queue_(queue), config_(config), axis_(axis), store_(store) {}

  Status load(const BlockHalf& half, GpuArrayLoader& loader);
  Status claim(GpuMemory& memory);  // of a stream
  // x [lane][frame][row][channels], in place; along rows wherever those lie, at least `unfold`.
  Status run(nn::Activation x, const GpuHalfScratch& scratch) const;

 private:
  // Where everything lies in a call.
  struct Workspace {
    nn::Activation y, attended, gated, normed;
    nn::Activation stages[4];  // the last of which is z
    nn::Activation query, key, value, mixed;
    nn::Activation alone, around, conv;
  };
  Workspace workspace(nn::Activation x, const GpuHalfScratch& scratch) const;

  bool along_frames() const noexcept { return axis_ == GpuAxis::frames; }
  int words(int channels) const noexcept { return store_.words(channels); }
  // Positions of the unfolded sequence.
  int unfolded(int rows) const noexcept {
    return along_frames() ? rows : rows - config_.unfold + 1;
  }
  void add_taps(GpuTaps& taps, nn::Activation x, int count, int apart, int group = 0) const;
  Status norm(nn::Activation x, const kernels::cuda::NormWeights& weights) const;
  Status norm(nn::Activation x, const kernels::cuda::NormWeights& weights, nn::Activation y) const;
  Status dense(int stage, const Workspace& workspace) const;
  Status attend(const Workspace& workspace, const GpuHalfScratch& scratch) const;
  Status mix(const Workspace& workspace, const GpuHalfScratch& scratch) const;
  Status mix_wide(const Workspace& workspace, const kernels::cuda::LinearAttentionArgs& args) const;
  Status feed_forward(const Workspace& workspace) const;
  Status fold(nn::Activation z, nn::Activation x) const;

  kernels::cuda::LayerQueue& queue_;
  const Deftan2Config& config_;
  GpuAxis axis_;
  GpuStore store_;
  kernels::cuda::NormWeights norm_{};
  GpuDense dense_;
  GpuAttention attention_;
  GpuForward forward_;
  GpuLinear fold_;

  // Along frames.
  GpuTimeline y_, attended_, around_;
  std::vector<GpuTimeline> stages_;
  float *state_ = nullptr, *total_ = nullptr;
};

}  // namespace limpid::models
