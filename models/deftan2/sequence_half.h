// SPDX-License-Identifier: MIT
// Half of a block over one whole sequence: one frame along frequency, or one frequency along time
// where all of it is at hand. Nothing of the size length x length exists, and no unfolded copy.
#pragma once

#include <span>

#include "lib/base/arena.h"
#include "lib/kernels/matrix.h"
#include "models/deftan2/layers.h"

namespace limpid::models {

class SequenceHalf {
 public:
  // Scratch for sequences of up to `longest` positions. One thread at a time.
  SequenceHalf(Arena& arena, const Deftan2Config& config, int longest);

  // x [position][channel], at least `unfold` positions, in place; rows may lie anywhere.
  void run(const BlockHalf& half, kernels::Matrix<float> x) LIMPID_REALTIME;

 private:
  // Position 0 lies behind some rows of zeros that nobody writes; those behind the last position
  // are cleared in each run, because its place depends on the length.
  struct Rows {
    float* first = nullptr;
    int columns = 0;
    float* at(int position) const noexcept {
      return first + static_cast<std::ptrdiff_t>(position) * columns;
    }
    kernels::Matrix<float> rows(int position, int count) const noexcept {
      return {at(position), columns, count, columns};
    }
    void clear(int position, int count) const noexcept;
  };
  Rows claim(std::span<float>& memory, int positions, int pad, int columns) const noexcept;

  void dense(const BlockHalf& half, kernels::Matrix<const float> x) LIMPID_REALTIME;
  void normalise(kernels::Matrix<float> x, const Norm& norm, const float* slope) LIMPID_REALTIME;
  void attend(const BlockAttention& a) LIMPID_REALTIME;
  void gather(const BlockAttention& a) LIMPID_REALTIME;
  void gather_part(const BlockAttention& a, int first, int count) LIMPID_REALTIME;
  kernels::PackedMatrix context_matrix(const BlockAttention& a) LIMPID_REALTIME;
  void feed_forward(const FeedForward& f) LIMPID_REALTIME;
  void fold(const Linear& linear, kernels::Matrix<float> x) LIMPID_REALTIME;

  // body(first, count) for pieces of the sequence whose wide intermediate results stay in the
  // cache.
  template <class Body>
  void in_pieces(int length, const Body& body) noexcept;

  const Deftan2Config config_;
  int length_ = 0;                     // of the unfolded sequence: positions - unfold + 1
  Rows y_, z_, other_;                 // [position][channels]
  Rows around_, conv_;                 // [position][hidden / 2]
  Rows wide_, narrow_;                 // [piece][anything], [piece][channels]
  std::span<float> peak_, sum_;        // of each key feature
  std::span<float> context_, packed_;  // [key feature][channels]
  std::span<float> head_;              // [head width][channels]
  std::span<float> scale_, shift_;
};

}  // namespace limpid::models
