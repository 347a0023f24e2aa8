// SPDX-License-Identifier: MIT
// Squeeze-excitation of FRCRN: a gain per channel and part from the channel's mean.
//   y_re = r(mean_re) - i(mean_im),  y_im = r(mean_im) + i(mean_re);  r, i: Linear-ReLU-Linear-
//   Sigmoid; then re *= y_re, im *= y_im (element by element, as published).
// What the mean is taken over decides whether the network can stream.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/base/arena.h"
#include "lib/io/weights.h"
#include "lib/nn/activation.h"

namespace limpid::nn {

enum class Pooling {
  none,     // no squeeze-excitation at all
  global,   // over all frames of the call: published, offline
  running,  // over the frames so far, at most `horizon` of them weighing in: streams
  frozen,   // gains are constants of the model: streams, and compares exactly with offline
};

// The running mean of one layer in one session.
struct SqueezeState {
  SqueezeState() = default;
  SqueezeState(Arena& arena, int lanes, int channels);
  void restart(int lane) LIMPID_REALTIME;
  std::span<float> mean;  // [block][channel]
  std::span<int> frames;  // that each lane has seen so far, up to the horizon
};

class SqueezeExcitation {
 public:
  struct Shape {
    Pooling pooling = Pooling::none;
    int channels = 0, reduction = 8, horizon = 0;
  };

  // Reads <prefix>.fc_{r,i}.{0,2}.{weight,bias}; with Pooling::frozen nothing is read and `frozen`
  // holds the gains, [re, im][channel].
  static Result<SqueezeExcitation> load(io::Weights& weights, const std::string& prefix,
                                        const Shape& shape, std::span<const float> frozen);

  // Scales x in place.
  void run(Activation x, SqueezeState& state, std::span<float> scratch) const LIMPID_REALTIME;

  std::size_t scratch(int lanes) const noexcept;  // floats that one frame needs

  // For those who run the layer elsewhere.
  const Shape& shape() const noexcept { return shape_; }
  const kernels::PackedMatrix& first() const noexcept { return first_; }
  const kernels::PackedMatrix& second_r() const noexcept { return second_r_; }
  const kernels::PackedMatrix& second_i() const noexcept { return second_i_; }
  const std::vector<float>& first_bias() const noexcept { return first_bias_; }
  const std::vector<float>& second_bias_r() const noexcept { return second_bias_r_; }
  const std::vector<float>& second_bias_i() const noexcept { return second_bias_i_; }
  const std::vector<float>& frozen() const noexcept { return frozen_; }

 private:
  void run_frozen(Activation x) const LIMPID_REALTIME;
  void run_global(Activation x, std::span<float> scratch) const LIMPID_REALTIME;
  void run_running(Activation x, SqueezeState& state,
                   std::span<float> scratch) const LIMPID_REALTIME;
  void gains(ConstActivation means, Activation gains,
             std::span<float> scratch) const LIMPID_REALTIME;

  Shape shape_;
  int hidden_ = 0;
  kernels::PackedMatrix first_, second_r_, second_i_;  // first_: r above i
  std::vector<float> first_bias_, second_bias_r_, second_bias_i_;
  std::vector<float> frozen_;
};

}  // namespace limpid::nn
