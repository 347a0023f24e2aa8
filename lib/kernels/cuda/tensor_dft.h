// SPDX-License-Identifier: MIT
// Transforms of 16 points by the tensor cores: 8 of them are the product of a matrix of 16 x 16
// and one of 16 x 8, which is mma.m16n8k16.
//
// bf16x3: every number is split into two bfloat16, x = high + low, whose products are exact and are
// added in float; low times low is left out. What is lost is 2^-17 of each number, whatever the
// level, as bfloat16 has float's exponents.
#pragma once

#include <vector>

#include "lib/kernels/cuda/dft.h"
#include "lib/kernels/cuda/storage.h"
#include "lib/kernels/cuda/warp.h"

namespace limpid::kernels::cuda {

// Two bfloat16, the first in the low half.
LIMPID_HD std::uint32_t packed(BFloat first, BFloat second) {
  return first.bits | static_cast<std::uint32_t>(second.bits) << 16;
}

// Two numbers as high + low.
struct SplitPair {
  std::uint32_t high, low;
};
LIMPID_HD SplitPair split_pair(float first, float second) {
  BFloat high[2], low[2];
  from_float(first, high[0]);
  from_float(second, high[1]);
  from_float(first - to_float(high[0]), low[0]);
  from_float(second - to_float(high[1]), low[1]);
  return {packed(high[0], high[1]), packed(low[0], low[1])};
}

// The matrix exp(-2 pi i k n / 16) as a lane holds it: row k = lane / 4 (registers 0 and 2) or that
// + 8 (1 and 3), columns n = lane % 4 * 2 and the next one (0 and 1) or those + 8 (2 and 3).
struct DftFragments {
  enum Part { re_high, re_low, im_high, im_low };
  std::uint32_t parts[4][4];
};

inline std::vector<DftFragments> dft_fragments() {
  std::vector<DftFragments> lanes(32);
  for (int lane = 0; lane < 32; ++lane) {
    for (int r = 0; r < 4; ++r) {
      const int k = lane / 4 + r % 2 * 8, n = lane % 4 * 2 + r / 2 * 8;
      const Complex a = rotated(Complex{1, 0}, k * n, 16),
                    b = rotated(Complex{1, 0}, k * (n + 1), 16);
      const SplitPair re = split_pair(a.re, b.re), im = split_pair(a.im, b.im);
      auto& parts = lanes[static_cast<std::size_t>(lane)].parts;
      parts[DftFragments::re_high][r] = re.high;
      parts[DftFragments::re_low][r] = re.low;
      parts[DftFragments::im_high][r] = im.high;
      parts[DftFragments::im_low][r] = im.low;
    }
  }
  return lanes;
}

// c += a b.
LIMPID_HD void multiply(float (&c)[Warp::kLanes][4], const DftFragments (&a)[Warp::kLanes],
                        DftFragments::Part part, const std::uint32_t (&b)[Warp::kLanes][2]) {
#ifdef __CUDA_ARCH__
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(c[0][0]), "+f"(c[0][1]), "+f"(c[0][2]), "+f"(c[0][3])
      : "r"(a[0].parts[part][0]), "r"(a[0].parts[part][1]), "r"(a[0].parts[part][2]),
        "r"(a[0].parts[part][3]), "r"(b[0][0]), "r"(b[0][1]));
#else
  const auto value = [](std::uint32_t pair, int n) {
    return to_float(BFloat{static_cast<std::uint16_t>(n % 2 == 0 ? pair : pair >> 16)});
  };
  for (int k = 0; k < 16; ++k) {
    for (int column = 0; column < 8; ++column) {
      float x[16], y[16];
      for (int n = 0; n < 16; ++n) {
        const int quarter = n % 8 / 2;
        x[n] = value(a[k % 8 * 4 + quarter].parts[part][k / 8 + n / 8 * 2], n);
        y[n] = value(b[column * 4 + quarter][n / 8], n);
      }
      float& sum = c[k % 8 * 4 + column / 2][k / 8 * 2 + column % 2];
      sum = tensor_sum(sum, x, y);
    }
  }
#endif
}

// Of 8 columns of 16 values. In: a lane's are legs lane % 4 * 2, the next one, and those + 8, of
// column lane / 4. Out: rows lane / 4 of columns lane % 4 * 2 and the next one, and those rows + 8.
LIMPID_HD void tensor_dft(Complex (&v)[Warp::kLanes][4], const DftFragments (&f)[Warp::kLanes]) {
  constexpr int kLanes = Warp::kLanes;
  std::uint32_t re_high[kLanes][2], re_low[kLanes][2], im_high[kLanes][2], im_low[kLanes][2];
  std::uint32_t minus_high[kLanes][2], minus_low[kLanes][2];  // of the imaginary part
  float re[kLanes][4], im[kLanes][4];
  LIMPID_UNROLL for (int i = 0; i < kLanes; ++i) {
    LIMPID_UNROLL for (int r = 0; r < 2; ++r) {
      const SplitPair x = split_pair(v[i][2 * r].re, v[i][2 * r + 1].re);
      const SplitPair y = split_pair(v[i][2 * r].im, v[i][2 * r + 1].im);
      re_high[i][r] = x.high, re_low[i][r] = x.low;
      im_high[i][r] = y.high, im_low[i][r] = y.low;
      minus_high[i][r] = y.high ^ 0x80008000u, minus_low[i][r] = y.low ^ 0x80008000u;
    }
    LIMPID_UNROLL for (int e = 0; e < 4; ++e) re[i][e] = im[i][e] = 0;
  }
  // The small products first.
  multiply(re, f, DftFragments::re_low, re_high);
  multiply(re, f, DftFragments::im_low, minus_high);
  multiply(re, f, DftFragments::re_high, re_low);
  multiply(re, f, DftFragments::im_high, minus_low);
  multiply(re, f, DftFragments::re_high, re_high);
  multiply(re, f, DftFragments::im_high, minus_high);
  multiply(im, f, DftFragments::re_low, im_high);
  multiply(im, f, DftFragments::im_low, re_high);
  multiply(im, f, DftFragments::re_high, im_low);
  multiply(im, f, DftFragments::im_high, re_low);
  multiply(im, f, DftFragments::re_high, im_high);
  multiply(im, f, DftFragments::im_high, re_high);
  LIMPID_UNROLL for (int i = 0; i < kLanes; ++i) LIMPID_UNROLL for (int e = 0; e < 4; ++e)
      v[i][e] = {re[i][e], im[i][e]};
}

}  // namespace limpid::kernels::cuda
