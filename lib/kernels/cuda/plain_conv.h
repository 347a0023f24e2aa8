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

template <class T>
struct PlainPad {
  using Args = PlainArgs<T>;
  static constexpr int kThreads = kPlainThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& args) { return args.blocks(); }
  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const PlainPlace at(thread, block, args.row_values());
    if (at.value >= args.points / 2) return;
    args.work[at.row * args.row_values() + at.value] = args.rows.input(at.row).load(at.value);
  }
};

template <class T>
struct PlainProduct {
  using Args = PlainArgs<T>;
  static constexpr int kThreads = kPlainThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& args) { return args.blocks(); }
  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const PlainPlace at(thread, block, args.row_values());
    if (at.value >= args.row_values()) return;
    Complex& value = args.work[at.row * args.row_values() + at.value];
    value = value * args.spectra[args.rows.channel(at.row) * args.row_values() + at.value];
  }
};

template <class T>
struct PlainCrop {
  using Args = PlainArgs<T>;
  static constexpr int kThreads = kPlainThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& args) { return args.blocks(); }
  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const PlainPlace at(thread, block, args.row_values());
    if (at.value >= args.points / 2) return;
    args.rows.output(at.row).store(at.value, args.work[at.row * args.row_values() + at.value]);
  }
};

// Divides a filter's spectrum by the number of points, as the inverse transform does not.
struct PlainScale {
  using Args = PlainArgs<float>;
  static constexpr int kThreads = kPlainThreads, kShared = 0, kPhases = 1;
  static std::int64_t blocks(const Args& args) { return args.blocks(); }
  template <int Phase>
  LIMPID_HD static void run(int thread, std::int64_t block, Complex*, const Args& args) {
    const PlainPlace at(thread, block, args.row_values());
    if (at.value >= args.row_values()) return;
    Complex& value = args.work[at.row * args.row_values() + at.value];
    value = 1.0f / static_cast<float>(args.points) * value;
  }
};

}  // namespace limpid::kernels::cuda
