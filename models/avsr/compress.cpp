// SPDX-License-Identifier: MIT
#include "models/avsr/compress.h"

#include <algorithm>

#include "lib/kernels/elementwise.h"

namespace limpid::models::avsr {

Compressor::Compressor(Arena& arena, Compression how, int rate, int width)
    : how_(how),
      rate_(rate),
      width_(width),
      token_(arena.claim<float>(static_cast<std::size_t>(compressed_width(how, rate, width)))) {}

bool Compressor::push(const float* frame) LIMPID_REALTIME {
  if (how_ == Compression::stack) {
    std::copy_n(frame, width_, token_.data() + held_ * width_);
  } else if (held_ == 0) {
    std::copy_n(frame, width_, token_.data());
  } else {
    kernels::accumulate(frame, width_, token_.data());
  }
  if (++held_ < rate_) return false;
  held_ = 0;
  if (how_ == Compression::average)
    for (float& value : token_) value /= static_cast<float>(rate_);
  return true;
}

Tensor<float, 2> compress(Compression how, int rate, TensorView<const float, 2> frames) {
  const int width = static_cast<int>(frames.extent(1));
  Arena arena;
  Compressor compressor(arena, how, rate, width);
  Tensor<float, 2> tokens({frames.extent(0) / rate, compressed_width(how, rate, width)});
  std::ptrdiff_t done = 0;
  for (std::ptrdiff_t t = 0; t < frames.extent(0); ++t)
    if (compressor.push(frames[t].data()))
      std::ranges::copy(compressor.token(), tokens.view()[done++].data());
  return tokens;
}

}  // namespace limpid::models::avsr
