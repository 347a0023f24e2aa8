// SPDX-License-Identifier: MIT
// Complex transposed convolution, the mirror of ComplexConv: doubles the frequencies.
#pragma once

#include <span>
#include <string>

#include "lib/io/weights.h"
#include "lib/nn/complex_conv.h"
#include "lib/nn/complex_norm.h"

namespace limpid::nn {

class ComplexTransposedConv {
 public:
  // Reads <prefix>.transconv.tconv_{re,im}.{weight,bias} and <prefix>.bn.*.
  static Result<ComplexTransposedConv> load(io::Weights& weights, const std::string& prefix,
                                            const ConvShape& shape);

  static int out_rows(const ConvShape& shape) noexcept {
    return (shape.in_rows - 1) * ComplexConv::kStride + shape.kernel;
  }

  // Rows of zeros that the input needs below and above, so that every output row is a plain
  // product: output rows 2g and 2g + 1 are made from the input rows g, g - 1, g - 2, ...
  static int padding(const ConvShape& shape) noexcept { return (shape.kernel + 1) / 2 - 1; }

  // in (padded): out.frames + 1 frames; out frame t is W[1] in[t] + W[0] in[t + 1], W[i] the
  // kernel's time taps. So an input that starts with a frame of zeros gives the causal layer, and
  // one that does not gives the published layer, one frame of look-ahead included.
  void run(ConstActivation in, Activation out, std::span<float> scratch) const LIMPID_REALTIME;

  std::size_t scratch(int lanes) const noexcept;

  // For those who run the layer elsewhere: the products that make even and odd output rows.
  const kernels::PackedMatrix& even() const noexcept { return even_; }
  const kernels::PackedMatrix& odd() const noexcept { return odd_; }
  const ComplexNorm& norm() const noexcept { return norm_; }

 private:
  ConvShape shape_;
  kernels::PackedMatrix even_, odd_;  // [A | B] x [2 times][taps][in]
  ComplexNorm norm_;
};

}  // namespace limpid::nn
