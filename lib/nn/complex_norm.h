// SPDX-License-Identifier: MIT
// The end of every convolution of FRCRN: the complex product from its real products, biases, batch
// norm of each part, leaky ReLU. All affine terms are folded into one scale and shift per channel.
#pragma once

#include <string>
#include <vector>

#include "lib/io/weights.h"
#include "lib/nn/activation.h"

namespace limpid::nn {

class ComplexNorm {
 public:
  // Reads <conv>_{re,im}.bias and <norm>.bn_{re,im}.{weight,bias,running_mean,running_var}.
  static Result<ComplexNorm> load(io::Weights& weights, const std::string& conv,
                                  const std::string& norm, int channels);

  // products: rows of [A x | B x] (2 * channels wide) of both parts; out: the layer's output.
  // Frames and rows of the two agree.
  void apply(ConstActivation products, Activation out) const LIMPID_REALTIME;

  static constexpr float kLeak = 0.01f;  // PyTorch's LeakyReLU

  // For those who run the layer elsewhere; part 0 is real, 1 imaginary.
  const std::vector<float>& scale(std::size_t part) const noexcept { return scale_[part]; }
  const std::vector<float>& shift(std::size_t part) const noexcept { return shift_[part]; }

 private:
  std::vector<float> scale_[2], shift_[2];  // re, im
};

}  // namespace limpid::nn
