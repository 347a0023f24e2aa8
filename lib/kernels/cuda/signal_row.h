// SPDX-License-Identifier: MIT
// Rows of real samples as the convolution reads and writes them: two samples make a complex number,
// gates are multiplied in passing, what lies outside a row is silence or, in a circular one, its
// other end.
//
// A row that is longer than the transform is cut into segments (overlap-save): each reads the
// `lead` samples before its own `hop` ones once more, and does not write what comes of them.
#pragma once

#include <cstdint>

#include "lib/kernels/cuda/storage.h"

namespace limpid::kernels::cuda {

struct RowShape {
  std::int64_t length;    // samples of a row
  std::int32_t hop;       // samples that a segment brings forth
  std::int32_t lead;      // index in the transform of the first of them
  std::int32_t segments;  // of a row
  std::int32_t wraps;     // circular: what is before the first sample is the end of the row
  std::int32_t paired;    // every pair of samples is aligned, and both are inside or both outside
  std::int32_t half;      // nothing of the second half of the transform is of the row
};

template <class T>
struct RowInput {
  const T* x;
  const T* gate;       // null: none
  std::int64_t first;  // sample that index 0 stands for; may be negative
  RowShape shape;

  // Indices 2n and 2n + 1.
  LIMPID_HD Complex load(std::int32_t n) const {
    const std::int64_t t = first + 2 * n;
    if (!shape.paired) return {sample(t), sample(t + 1)};
    const std::int64_t at = place(t);
    if (at < 0) return {0, 0};
    Complex value = load_two(x + at);
    if (gate != nullptr) {
      const Complex g = load_two(gate + at);
      value = {value.re * g.re, value.im * g.im};
    }
    return value;
  }

 private:
  // Where sample t is, or something negative.
  LIMPID_HD std::int64_t place(std::int64_t t) const {
    if (t >= shape.length) return -1;
    return t < 0 && shape.wraps ? t + shape.length : t;
  }
  LIMPID_HD float sample(std::int64_t t) const {
    const std::int64_t at = place(t);
    if (at < 0) return 0;
    const float value = to_float(x[at]);
    return gate != nullptr ? value * to_float(gate[at]) : value;
  }
};

template <class T>
struct RowOutput {
  T* y;
  const T* gate;
  std::int64_t first;
  RowShape shape;

  LIMPID_HD void store(std::int32_t n, Complex value) const {
    if (!shape.paired) {
      put(2 * n, value.re);
      put(2 * n + 1, value.im);
      return;
    }
    if (!mine(2 * n)) return;
    const std::int64_t t = first + 2 * n;
    if (gate != nullptr) {
      const Complex g = load_two(gate + t);
      value = {value.re * g.re, value.im * g.im};
    }
    store_two(y + t, value);
  }

 private:
  LIMPID_HD bool mine(std::int32_t index) const {
    return index >= shape.lead && index - shape.lead < shape.hop && first + index < shape.length;
  }
  LIMPID_HD void put(std::int32_t index, float value) const {
    if (!mine(index)) return;
    const std::int64_t t = first + index;
    from_float(gate != nullptr ? value * to_float(gate[t]) : value, y[t]);
  }
};

// The points of a transform that are samples of a row, as BlockFft reads and writes them.
template <class T>
struct RowPoints {
  RowInput<T> row;
  LIMPID_HD bool half() const { return row.shape.half != 0; }
  template <int kLeg>
  LIMPID_HD Complex get(int base, int leg) const {
    return row.load(base + leg * kLeg);
  }
};
template <class T>
struct RowResults {
  RowOutput<T> row;
  LIMPID_HD bool half() const { return row.shape.half != 0; }
  template <int kLeg>
  LIMPID_HD void set(int base, int leg, Complex value) const {
    row.store(base + leg * kLeg, swapped(value));
  }
};

// All segments of all rows of a call, [lane][channel][length]. They are numbered channel by
// channel: blocks that run at the same time read the same filter, from the cache. Fewer than 2^31.
template <class T>
struct Rows {
  const T* u;
  const T* gate_in;   // null: none
  const T* gate_out;  // null: none
  T* y;
  std::int64_t lanes, channels;
  std::int64_t pitch;  // from a row to the next, at least shape.length
  RowShape shape;

  LIMPID_HD std::int64_t of_channel() const { return lanes * shape.segments; }
  LIMPID_HD std::int64_t count() const { return of_channel() * channels; }
  LIMPID_HD std::int64_t channel(std::int64_t segment) const {
    return static_cast<std::uint32_t>(segment) / static_cast<std::uint32_t>(of_channel());
  }
  LIMPID_HD RowInput<T> input(std::int64_t segment) const {
    const Place at = place(segment);
    return {u + at.row, gate_in == nullptr ? nullptr : gate_in + at.row, at.first, shape};
  }
  LIMPID_HD RowOutput<T> output(std::int64_t segment) const {
    const Place at = place(segment);
    return {y + at.row, gate_out == nullptr ? nullptr : gate_out + at.row, at.first, shape};
  }

 private:
  struct Place {
    std::int64_t row, first;
  };
  LIMPID_HD Place place(std::int64_t segment) const {
    const auto in_row = static_cast<std::uint32_t>(shape.segments);
    const auto number = static_cast<std::uint32_t>(segment);
    const std::uint32_t row = number / in_row, lane = row % static_cast<std::uint32_t>(lanes);
    return {(lane * channels + channel(segment)) * pitch,
            static_cast<std::int64_t>(number % in_row) * shape.hop - shape.lead};
  }
};

}  // namespace limpid::kernels::cuda
