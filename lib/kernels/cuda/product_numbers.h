// SPDX-License-Identifier: MIT
// The numbers that products of layers are made of, as they lie in words of a tile, 32 bits each,
// and what tensor cores do with fragments of them: mma.m16n8k8 of tf32, mma.m16n8k16 of numbers of
// 16 bits. Counted in words, both are the same.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "lib/base/arithmetic.h"
#include "lib/kernels/cuda/storage.h"
#include "lib/kernels/cuda/warp.h"

namespace limpid::kernels::cuda {

inline constexpr Arithmetic kArithmetics[] = {Arithmetic::exact, Arithmetic::tf32x3,
                                              Arithmetic::tf32, Arithmetic::fp16, Arithmetic::bf16};

LIMPID_HD float float_of(std::uint32_t word) {
#ifdef __CUDA_ARCH__
  return __uint_as_float(word);
#else
  return std::bit_cast<float>(word);
#endif
}
LIMPID_HD std::uint32_t bits_of(float value) {
#ifdef __CUDA_ARCH__
  return __float_as_uint(value);
#else
  return std::bit_cast<std::uint32_t>(value);
#endif
}

// What a lane holds of 16 rows of 8 words of x, of 8 words of 8 outputs and of 16 x 8 sums:
// element e of x is in row lane / 4 + e % 2 * 8 and word lane % 4 + e / 2 * 4, of w in that word
// (e * 4 for e / 2 * 4) and output lane / 4, of sums in row lane / 4 + e / 2 * 8 and output
// lane % 4 * 2 + e % 2.
using FragmentX = std::uint32_t[Warp::kLanes][4];
using FragmentW = std::uint32_t[Warp::kLanes][2];
using FragmentSum = float[Warp::kLanes][4];

#define LIMPID_MMA(TYPE)                                \
  asm("mma.sync.aligned." TYPE                          \
      " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, " \
      "{%0, %1, %2, %3};"                               \
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])  \
      : "r"(x[0]), "r"(x[1]), "r"(x[2]), "r"(x[3]), "r"(w[0]), "r"(w[1]))

#ifdef __CUDA_ARCH__
// A fragment of x whose rows lie along words in shared memory: lane l tells where four words of a
// matrix begin, in row l % 16 and word l / 16 * 4.
LIMPID_HD void load_matrices(const float* from, std::uint32_t (&x)[4]) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(from)))
               : "memory");
}
// The same where rows of the matrices are what a fragment has along words: each of them turned.
LIMPID_HD void load_transposed(const float* from, std::uint32_t (&x)[4]) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3])
               : "r"(static_cast<std::uint32_t>(__cvta_generic_to_shared(from)))
               : "memory");
}
#endif

// A float in a word.
struct Float {
  static constexpr int kInputs = 1;  // neighbours of a row that share a word
};

// To the nearest number of tf32, ties away from zero.
LIMPID_HD std::uint32_t to_tf32(float x) {
#ifdef __CUDA_ARCH__
  std::uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#else
  return (std::bit_cast<std::uint32_t>(x) + 0x1000u) & ~0x1fffu;
#endif
}

// A float in a word, which is rounded on its way to a fragment. kProducts: 1, what tf32 rounds away
// is lost; 3, every number is high + low and only low times low is left out, which keeps 22 bits.
template <int kProducts>
struct Tf32 {
  static_assert(kProducts == 1 || kProducts == 3);
  static constexpr int kInputs = 1, kParts = kProducts == 3 ? 2 : 1;
  static constexpr std::uint32_t kSigns = 0x80000000u;

  LIMPID_HD static void split(std::uint32_t word, std::uint32_t (&parts)[kParts]) {
    parts[0] = to_tf32(float_of(word));
    if constexpr (kParts == 2) parts[1] = to_tf32(float_of(word) - float_of(parts[0]));
  }
  LIMPID_HD static float value(std::uint32_t word, int) { return float_of(word); }
#ifdef __CUDA_ARCH__
  LIMPID_HD static void multiply(float (&c)[4], const std::uint32_t (&x)[4],
                                 const std::uint32_t (&w)[2]) {
    LIMPID_MMA("m16n8k8.row.col.f32.tf32.tf32.f32");
  }
#endif
};

// Two neighbours in a word, the first in its low half: rounded to nearest, ties to even, halves
// never to infinity.
template <class T>
struct Pair {
  static constexpr int kInputs = 2, kParts = 1;
  static constexpr std::uint32_t kSigns = 0x80008000u;
  static constexpr bool kHalf = std::is_same_v<T, Half>;

  LIMPID_HD static std::uint32_t word(float first, float second) {
#ifdef __CUDA_ARCH__
    std::uint32_t word;
    if constexpr (kHalf)
      asm("cvt.rn.satfinite.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(second), "f"(first));
    else
      asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(second), "f"(first));
    return word;
#else
    return rounded(first).bits | static_cast<std::uint32_t>(rounded(second).bits) << 16;
#endif
  }
  // The first in re.
  LIMPID_HD static Complex values(std::uint32_t word) {
    return {to_float(T{static_cast<std::uint16_t>(word)}),
            to_float(T{static_cast<std::uint16_t>(word >> 16)})};
  }
  LIMPID_HD static void split(std::uint32_t word, std::uint32_t (&parts)[kParts]) {
    parts[0] = word;
  }
#ifdef __CUDA_ARCH__
  LIMPID_HD static void multiply(float (&c)[4], const std::uint32_t (&x)[4],
                                 const std::uint32_t (&w)[2]) {
    if constexpr (kHalf)
      LIMPID_MMA("m16n8k16.row.col.f32.f16.f16.f32");
    else
      LIMPID_MMA("m16n8k16.row.col.f32.bf16.bf16.f32");
  }
#else
  static T rounded(float value) {
    T number;
    store(value, number);
    return number;
  }
  static float value(std::uint32_t word, int which) {
    return to_float(T{static_cast<std::uint16_t>(word >> 16 * which)});
  }
#endif
};
#undef LIMPID_MMA

// c += x w.
#ifdef __CUDA_ARCH__
template <class Number>
LIMPID_HD void multiply(FragmentSum& c, const FragmentX& x, const FragmentW& w) {
  Number::multiply(c[0], x[0], w[0]);
}
#else
template <class Number>
[[gnu::noinline]] void multiply(FragmentSum& c, const FragmentX& x, const FragmentW& w) {
  constexpr int kInputs = Number::kInputs, kTerms = 8 * kInputs;
  for (int row = 0; row < 16; ++row)
    for (int column = 0; column < 8; ++column) {
      float a[kTerms], b[kTerms];
      for (int k = 0; k < kTerms; ++k) {
        const int word = k / kInputs, lane = word % 4, far = word / 4;
        a[k] = Number::value(x[row % 8 * 4 + lane][row / 8 + far * 2], k % kInputs);
        b[k] = Number::value(w[column * 4 + lane][far], k % kInputs);
      }
      float& sum = c[row % 8 * 4 + column / 2][row / 8 * 2 + column % 2];
      sum = tensor_sum(sum, a, b);
    }
}
#endif

template <Arithmetic>
struct NumberOf : Float {};
template <>
struct NumberOf<Arithmetic::tf32x3> : Tf32<3> {};
template <>
struct NumberOf<Arithmetic::tf32> : Tf32<1> {};
template <>
struct NumberOf<Arithmetic::fp16> : Pair<Half> {};
template <>
struct NumberOf<Arithmetic::bf16> : Pair<BFloat> {};

// What streams remember in long rings: of arithmetics of 16 bits such numbers, else floats.
template <Arithmetic kArithmetic>
using StoredOf =
    std::conditional_t<kArithmetic == Arithmetic::fp16, Half,
                       std::conditional_t<kArithmetic == Arithmetic::bf16, BFloat, float>>;

// Calls f with an arithmetic as a constant: f.template operator()<kArithmetic>().
template <class F>
auto with_arithmetic(Arithmetic arithmetic, F f) {
  switch (arithmetic) {
    case Arithmetic::tf32x3:
      return f.template operator()<Arithmetic::tf32x3>();
    case Arithmetic::tf32:
      return f.template operator()<Arithmetic::tf32>();
    case Arithmetic::fp16:
      return f.template operator()<Arithmetic::fp16>();
    case Arithmetic::bf16:
      return f.template operator()<Arithmetic::bf16>();
    default:
      return f.template operator()<Arithmetic::exact>();
  }
}

}  // namespace limpid::kernels::cuda
