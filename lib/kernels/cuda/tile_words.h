// SPDX-License-Identifier: MIT
// Inputs on their way from memory, where they are floats, to the words of a tile
// (product_numbers.h). Floats are copied asynchronously. Numbers of 16 bits go through registers:
// they are asked for before a step is added, rounded and put into the tile after it. Weights lie in
// memory as words of either kind; so do activations where they are stored as numbers of 16 bits,
// and then "floats" of strides and frames are such words.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/kernels/cuda/product_numbers.h"
#include "lib/kernels/cuda/tiled_program.h"

namespace limpid::kernels::cuda {

// What a thread brings to kWords neighbouring words of a tile, which begin at `to`. `valid`: else
// zeros come, from any address that may be read.
template <class Number, int kWords>
struct Staged {
  static constexpr bool kSettles = false;  // nothing is left to be done by settle()

  LIMPID_HD void one(int at, float* to, const float* from, bool valid) {
    copy_later(to + at, from, valid);
  }
  LIMPID_HD void four(int at, float* to, const float* from, bool valid) {
    copy_four_later(to + at, from, valid);
  }
  LIMPID_HD void settle(float*) const {}
  LIMPID_HD void settle_across(float*) const {}
};

template <class Number, int kWords>
requires(Number::kInputs == 2) struct Staged<Number, kWords> {
  static constexpr bool kSettles = true;
  float inputs[2 * kWords];

  LIMPID_HD void one(int at, float*, const float* from, bool valid) {
    inputs[at] = valid ? *from : 0.0f;
  }
  LIMPID_HD void four(int at, float*, const float* from, bool valid) {
    const Four values = valid ? load_four(from) : Four{{0, 0, 0, 0}};
    LIMPID_UNROLL for (int i = 0; i < 4; ++i) inputs[at + i] = values.v[i];
  }
  // Four that are two words of such numbers in memory, and become the same words again.
  LIMPID_HD void two_words(int at, const float* from, bool valid) {
    const Complex words = valid ? *reinterpret_cast<const Complex*>(from) : Complex{0, 0};
    const Complex first = Number::values(bits_of(words.re)),
                  last = Number::values(bits_of(words.im));
    inputs[at] = first.re;
    inputs[at + 1] = first.im;
    inputs[at + 2] = last.re;
    inputs[at + 3] = last.im;
  }
  // Inputs 2 i and 2 i + 1 share a word.
  LIMPID_HD void settle(float* to) const {
    store(to, [&](int i) { return Number::word(inputs[2 * i], inputs[2 * i + 1]); });
  }
  // Inputs i and kWords + i do.
  LIMPID_HD void settle_across(float* to) const {
    store(to, [&](int i) { return Number::word(inputs[i], inputs[kWords + i]); });
  }

 private:
  template <class Word>
  LIMPID_HD static void store(float* to, Word word) {
    if constexpr (kWords == 4)
      *reinterpret_cast<Four*>(to) = {
          {float_of(word(0)), float_of(word(1)), float_of(word(2)), float_of(word(3))}};
    else if constexpr (kWords == 2)
      *reinterpret_cast<Complex*>(to) = {float_of(word(0)), float_of(word(1))};
    else
      LIMPID_UNROLL for (int i = 0; i < kWords; ++i) to[i] = float_of(word(i));
  }
};

// Neighbouring inputs, the first of them an even one, as words of a tile.
template <class Number, int kCount>
LIMPID_HD void store_words(float* to, const float (&inputs)[kCount]) {
  LIMPID_UNROLL for (int i = 0; i < kCount / Number::kInputs; ++i) {
    if constexpr (Number::kInputs == 2)
      to[i] = float_of(Number::word(inputs[2 * i], inputs[2 * i + 1]));
    else
      to[i] = inputs[i];
  }
}

// What is in four words of memory, in fours: of numbers of 16 bits, eight values.
template <class Number>
struct FourWords {
  static constexpr int kFours = Number::kInputs;
  Four v[kFours];

  LIMPID_HD static FourWords from(const Four& words) {
    FourWords values;
    if constexpr (kFours == 1) {
      values.v[0] = words;
    } else {
      LIMPID_UNROLL for (int i = 0; i < 4; ++i) {
        const Complex two = Number::values(bits_of(words.v[i]));
        values.v[i / 2].v[i % 2 * 2] = two.re;
        values.v[i / 2].v[i % 2 * 2 + 1] = two.im;
      }
    }
    return values;
  }
  LIMPID_HD Four words() const {
    if constexpr (kFours == 1) {
      return v[0];
    } else {
      Four words;
      LIMPID_UNROLL for (int i = 0; i < 4; ++i) words.v[i] =
          float_of(Number::word(v[i / 2].v[i % 2 * 2], v[i / 2].v[i % 2 * 2 + 1]));
      return words;
    }
  }
};

// Words of so many inputs.
template <class Number>
LIMPID_HD int words_of(int inputs) {
  return (inputs + Number::kInputs - 1) / Number::kInputs;
}

// Weights [inputs][outputs] as a product reads them: [words][outputs].
inline std::vector<float> weight_words(Arithmetic arithmetic, std::span<const float> rows,
                                       std::ptrdiff_t outputs) {
  return with_arithmetic(arithmetic, [&]<Arithmetic kArithmetic>() {
    using Number = NumberOf<kArithmetic>;
    std::vector<float> words(rows.begin(), rows.end());
    if constexpr (Number::kInputs == 2) {
      const auto n = static_cast<std::size_t>(outputs);
      words.clear();
      for (std::size_t pair = 0; pair < rows.size(); pair += 2 * n)
        for (std::size_t at = pair; at < pair + n; ++at)
          words.push_back(
              float_of(Number::word(rows[at], at + n < rows.size() ? rows[at + n] : 0.0f)));
    }
    return words;
  });
}

}  // namespace limpid::kernels::cuda
