// SPDX-License-Identifier: MIT
#include "lib/io/planar.h"

#include <algorithm>

namespace limpid::io {

std::ptrdiff_t read_planar(SNDFILE* sound, std::vector<float>& block, AudioView<float> out) {
  // Beyond the end some decoders say -1.
  const auto got = static_cast<std::ptrdiff_t>(
      std::max<sf_count_t>(0, sf_readf_float(sound, block.data(), out.extent(1))));
  for (std::ptrdiff_t c = 0; c < out.extent(0); ++c)
    for (std::ptrdiff_t i = 0; i < got; ++i)
      out[c][i] = block[static_cast<std::size_t>(i * out.extent(0) + c)];
  return got;
}

}  // namespace limpid::io
