// SPDX-License-Identifier: MIT
// What a band remembers: x += W2 (q * (h conv (k * v))), with q, k and v projected from the last
// few frames and h reaching back seconds. The operator of order two of Poli et al., "Hyena
// hierarchy", ICML 2023, section 3; every band has the same weights and filters and a memory of its
// own.
#pragma once

#include <span>
#include <string>

#include "lib/base/aligned_vector.h"
#include "lib/nn/frame_conv.h"
#include "models/longconv/config.h"
#include "models/longconv/rows.h"
#include "models/tensor_reader.h"

namespace limpid::models {

class LongMemory {
 public:
  LongMemory() = default;
  // `filters`: [tap][memory channel], see load_implicit_filters().
  LongMemory(TensorReader& reader, const std::string& prefix, const LongConvConfig& config,
             std::span<const float> filters);

  class State {
   public:
    State(const LongMemory& layer, Arena& arena, int lanes, int max_frames);
    void restart(int lane) LIMPID_REALTIME;

   private:
    friend class LongMemory;
    std::span<float> normed_;  // [lane][earlier frames that q, k, v see, then those of this call]
    std::size_t lane_stride_ = 0, earlier_ = 0;
    int bands_ = 0;
    nn::FrameConv::State memory_;
  };

  void run(State& state, const BandRows& x, std::span<float> scratch) const LIMPID_REALTIME;

  std::size_t scratch(int lanes, int frames) const noexcept;  // floats

  // For those who run it elsewhere.
  const Norm& norm() const noexcept { return norm_; }
  int short_taps() const noexcept { return short_taps_; }
  std::span<const float> short_filters() const noexcept { return short_; }
  const Linear& inputs() const noexcept { return inputs_; }
  const nn::FrameConv& long_filters() const noexcept { return filters_; }
  const Linear& outputs() const noexcept { return outputs_; }

 private:
  void run_short_filters(State& state, const BandRows& x, float* recent) const LIMPID_REALTIME;
  void run_long_filters(State& state, const BandRows& x, float* qkv,
                        float* u) const LIMPID_REALTIME;

  int bands_ = 0, channels_ = 0, inner_ = 0, short_taps_ = 0;
  Norm norm_;
  AlignedVector<float> short_;  // [tap][band][channel], the last tap is the present
  Linear inputs_, outputs_;
  nn::FrameConv filters_;
};

}  // namespace limpid::models
