// SPDX-License-Identifier: MIT
// PyTorch's weights of complex layers as ComplexProduct reads them: [input][output], real and
// imaginary.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace limpid::kernels::cuda {

struct ProductWeights {
  int k = 0, n = 0;
  std::vector<float> re, im;  // [k][n]
};

namespace weights {

template <class At>
ProductWeights arranged(std::span<const float> re, std::span<const float> im, int k, int n, At at) {
  ProductWeights arranged{k, n, {}, {}};
  for (int input = 0; input < k; ++input)
    for (int output = 0; output < n; ++output) {
      const auto from = static_cast<std::size_t>(at(input, output));
      arranged.re.push_back(re[from]);
      if (!im.empty()) arranged.im.push_back(im[from]);
    }
  return arranged;
}

}  // namespace weights

// A convolution, [out][in][kernel][2]: inputs in the order [time][tap][in], segments of kernel *
// in.
inline ProductWeights conv_weights(std::span<const float> re, std::span<const float> im, int in,
                                   int out, int kernel) {
  return weights::arranged(re, im, 2 * kernel * in, out, [=](int input, int o) {
    const int i = input % in, tap = input / in % kernel, time = input / in / kernel;
    return ((o * in + i) * kernel + tap) * 2 + time;
  });
}

// The output rows 2g + parity of a transposed convolution, [in][out][kernel][2]: inputs in the
// order [time][j][in], segments of taps * in, from input row g - (taps - 1). Row g - j meets kernel
// tap 2j + parity and the earlier frame time tap 1.
inline int transposed_taps(int kernel, int parity) {
  return (kernel + 1 - parity) / 2;
}
inline ProductWeights transposed_weights(std::span<const float> re, std::span<const float> im,
                                         int in, int out, int kernel, int parity) {
  const int taps = transposed_taps(kernel, parity);
  return weights::arranged(re, im, 2 * taps * in, out, [=](int input, int o) {
    const int i = input % in, j = taps - 1 - input / in % taps, time = 1 - input / in / taps;
    return ((i * out + o) * kernel + 2 * j + parity) * 2 + time;
  });
}

// A real linear layer, [out][in].
inline ProductWeights linear_weights(std::span<const float> rows, int in, int out) {
  return weights::arranged(rows, {}, in, out, [=](int input, int o) { return o * in + input; });
}

}  // namespace limpid::kernels::cuda
