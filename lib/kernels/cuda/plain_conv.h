// SPDX-License-Identifier: MIT
// What stands around the transforms of a library in a plain long convolution: samples to padded
// rows in f32, product of spectra, results to samples. Rows are transformed in place, so they are
// pitch = points + 2 floats apart.
#pragma once

#include "lib/kernels/cuda/signal_row.h"

namespace limpid::kernels::cuda {

inline constexpr int kPlainThreads = 256;

template <class T>
struct PlainArgs {
  Rows<T> rows;
  Complex* work;           // [row][points / 2 + 1]
  const Complex* spectra;  // [channel][points / 2 + 1], divided by points
  std::int32_t points;
  const std::uint8_t* kept = nullptr;  // of a filter's frequencies modulo mask + 1; null: all
  std::int32_t mask = 0;

  LIMPID_HD std::int64_t row_values() const { return points / 2 + 1; }
  std::int64_t blocks() const {
    return rows.count() * ((row_values() + kPlainThreads - 1) / kPlainThreads);
  }
};

// The row and the complex value of it that a thread works on; beyond the row's end for some.
struct PlainPlace {
  std::int64_t row;
  std::int32_t value;
  LIMPID_HD PlainPlace(int thread, std::int64_t block, std::int64_t row_values) {
    const std::int64_t row_blocks = (row_values + kPlainThreads - 1) / kPlainThreads;
    row = block / row_blocks;
    value = static_cast<std::int32_t>(block % row_blocks) * kPlainThreads + thread;
  }
};

// What all four programs are made of: Derived::work() for the first `values` of every row.
template <class Derived, class T>
struct PlainProgram {
  using Args = PlainArgs<T>;
  static constexpr int kThreads = kPlainThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& args) { return args.blocks(); }

  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const PlainPlace at(thread, block, args.row_values());
    if (at.value >= (Derived::kSpectrum ? args.row_values() : args.points / 2)) return;
    Derived::work(at, args.work[at.row * args.row_values() + at.value], args);
  }
};

template <class T>
struct PlainPad : PlainProgram<PlainPad<T>, T> {
  static constexpr bool kSpectrum = false;
  LIMPID_HD static void work(PlainPlace at, Complex& value, const PlainArgs<T>& args) {
    value = args.rows.input(at.row).load(at.value);
  }
};

template <class T>
struct PlainProduct : PlainProgram<PlainProduct<T>, T> {
  static constexpr bool kSpectrum = true;
  LIMPID_HD static void work(PlainPlace at, Complex& value, const PlainArgs<T>& args) {
    value = value * args.spectra[args.rows.channel(at.row) * args.row_values() + at.value];
  }
};

template <class T>
struct PlainCrop : PlainProgram<PlainCrop<T>, T> {
  static constexpr bool kSpectrum = false;
  LIMPID_HD static void work(PlainPlace at, Complex& value, const PlainArgs<T>& args) {
    args.rows.output(at.row).store(at.value, value);
  }
};

// Divides a filter's spectrum by the number of points, as the inverse transform does not, and takes
// away what a sparse filter does not keep.
struct PlainScale : PlainProgram<PlainScale, float> {
  static constexpr bool kSpectrum = true;
  LIMPID_HD static void work(PlainPlace at, Complex& value, const PlainArgs<float>& args) {
    const bool kept = args.kept == nullptr || args.kept[at.value & args.mask] != 0;
    value = (kept ? 1.0f / static_cast<float>(args.points) : 0.0f) * value;
  }
};

}  // namespace limpid::kernels::cuda
