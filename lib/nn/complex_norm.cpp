// SPDX-License-Identifier: MIT
#include "lib/nn/complex_norm.h"

#include <cmath>

#include "lib/kernels/elementwise.h"
#include "lib/kernels/norms.h"

namespace limpid::nn {
Result<ComplexNorm> ComplexNorm::load(io::Weights& weights, const std::string& conv,
                                      const std::string& norm, int channels) {
  const auto bias_a = weights.find(conv + "_re.bias", {channels});
  const auto bias_b = weights.find(conv + "_im.bias", {channels});
  if (!bias_a) return bias_a.error();
  if (!bias_b) return bias_b.error();

  ComplexNorm folded;
  for (int part = 0; part < 2; ++part) {
    const std::string bn = norm + (part == 0 ? ".bn_re" : ".bn_im");
    const auto gain = weights.find(bn + ".weight", {channels});
    const auto offset = weights.find(bn + ".bias", {channels});
    const auto mean = weights.find(bn + ".running_mean", {channels});
    const auto variance = weights.find(bn + ".running_var", {channels});
    for (const auto* tensor : {&gain, &offset, &mean, &variance})
      if (!*tensor) return tensor->error();
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
      if ((*variance)[c] < 0.0f) {
        return Error{ErrorCode::bad_format, weights.origin() + ": tensor " + bn +
                                                ".running_var is negative at channel " +
                                                std::to_string(c)};
      }
      // re = A(xr) - B(xi) carries bias a - b, im = A(xi) + B(xr) carries a + b.
      const float bias = part == 0 ? (*bias_a)[c] - (*bias_b)[c] : (*bias_a)[c] + (*bias_b)[c];
      const float scale = (*gain)[c] / std::sqrt((*variance)[c] + kernels::kNormEpsilon);
      folded.scale_[part].push_back(scale);
      folded.shift_[part].push_back((bias - (*mean)[c]) * scale + (*offset)[c]);
    }
  }
  return folded;
}

void ComplexNorm::apply(ConstActivation products, Activation out) const LIMPID_REALTIME {
  const int channels = out.channels;
  for (int lane = 0; lane < out.lanes; ++lane) {
    for (int frame = 0; frame < out.frames; ++frame) {
      for (int row = 0; row < out.rows; ++row) {
        const float* of_re = products.at(lane, frame, row);
        const float* of_im = products.at(out.lanes + lane, frame, row);
        kernels::complex_norm_leaky(of_re, of_im + channels, of_im, of_re + channels, channels,
                                    scale_[0].data(), shift_[0].data(), scale_[1].data(),
                                    shift_[1].data(), kLeak, out.at(lane, frame, row),
                                    out.at(out.lanes + lane, frame, row));
      }
    }
  }
}

}  // namespace limpid::nn
