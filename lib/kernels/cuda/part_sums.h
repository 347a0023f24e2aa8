// SPDX-License-Identifier: MIT
// What is left of a layer of many inputs when many_products.h has made a part of its sums from each
// share of them, so that one output is the work of several blocks of threads.
#pragma once

#include "lib/kernels/cuda/frames.h"
#include "lib/kernels/cuda/gelu.h"

namespace limpid::kernels::cuda {

// y[n] = gelu(bias[n] + sum over parts of x[part][n]).
struct PartSumsArgs {
  Frames<const float> x;  // [part][n]
  Frames<float> y;        // [n]
  const float* bias;      // [n]
  std::int32_t lanes, frames, parts, n;
};
struct PartSums : EachValue<PartSums, PartSumsArgs> {
  LIMPID_HD static Extent extent(const Args& args) { return {args.lanes, args.frames, args.n}; }
  LIMPID_HD static void each(const Place& place, const Args& args) {
    const float* x = args.x.at(place.lane, place.frame) + place.at;
    float sum = args.bias[place.at];
    for (int part = 0; part < args.parts; ++part) sum += x[part * args.n];
    args.y.at(place.lane, place.frame)[place.at] = gelu(sum);
  }
};

}  // namespace limpid::kernels::cuda
