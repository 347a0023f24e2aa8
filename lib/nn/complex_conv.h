// SPDX-License-Identifier: MIT
// Complex convolution over (frequency, time) with its batch norm and leaky ReLU: stride 2 and no
// padding along frequency, two taps along time. FRCRN section 3.2; arithmetic of DCCRN (Hu 2020).
#pragma once

#include <span>
#include <string>

#include "lib/io/weights.h"
#include "lib/nn/complex_norm.h"

namespace limpid::nn {

struct ConvShape {
  int in_channels = 0, out_channels = 0;  // complex
  int kernel = 0;                         // along frequency
  int in_rows = 0;                        // frequencies of the input
};

class ComplexConv {
 public:
  static constexpr int kStride = 2;

  // Reads <prefix>.conv.conv_{re,im}.{weight,bias} and <prefix>.bn.*.
  static Result<ComplexConv> load(io::Weights& weights, const std::string& prefix,
                                  const ConvShape& shape);

  static int out_rows(const ConvShape& shape) noexcept {
    return (shape.in_rows - shape.kernel) / kStride + 1;
  }

  // in: out.frames + 1 frames; out frame t comes from in frames t and t + 1.
  void run(ConstActivation in, Activation out, std::span<float> scratch) const LIMPID_REALTIME;

  std::size_t scratch(int lanes) const noexcept;  // floats that one frame needs

  // For those who run the layer elsewhere.
  const kernels::PackedMatrix& weights() const noexcept { return weights_; }
  const ComplexNorm& norm() const noexcept { return norm_; }

 private:
  ConvShape shape_;
  kernels::PackedMatrix weights_;  // [A | B] x [2 times][kernel][in]
  ComplexNorm norm_;
};

}  // namespace limpid::nn
