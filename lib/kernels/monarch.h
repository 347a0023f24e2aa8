// SPDX-License-Identifier: MIT
// Products of polynomials modulo x^size - c, where c is 1 or i: what a long convolution consists
// of.
//
// The transform splits x^m - c into four factors x^(m/4) - r, each of those again, and so on down
// to tiles (Cooley and Tukey 1965, read as the Chinese remainder theorem; FlashFFTConv calls the
// stages Monarch matrices). Frequencies come out in digit-reversed order and are multiplied as they
// lie. A factor is a convolution of its own, so it is transformed, multiplied and transformed back
// while it is in the cache, before the next factor is looked at.
//
// c = 1: a circular convolution of complex sequences, or of two real rows with one real filter.
// c = i: of a real sequence of 2 size samples, z[n] = x[n] + i x[n + size]: modulo x^(2 size) + 1,
// whose factor x^size - i carries all of it, no half of the spectrum is redundant, and nothing is
// to be unpacked. A convolution that does not wrap around is the same modulo x^n + 1 as modulo x^n
// - 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/arena.h"
#include "lib/base/realtime.h"

namespace limpid::kernels {

// The roots of the ring, as fractions of a turn: its frequencies are (turn + k) / size cycles per
// sample, k = 0 .. size-1.
enum class Ring {
  cyclic,   // x^size - 1, turn 0
  quarter,  // x^size - i, turn 3/4
};

// Samples of the component re or im of a block: x[n] * gate[n] for begin <= n < end, zero
// elsewhere.
struct InputPiece {
  const float* x = nullptr;
  const float* gate = nullptr;  // may be null: all ones
  std::ptrdiff_t begin = 0, end = 0;
};
struct BlockInput {
  InputPiece re[2], im[2];  // two that do not overlap, for indices that wrap around
};

// y[n] = gate[n] * result for begin <= n < end; the rest of the component is not wanted.
struct OutputPiece {
  float* y = nullptr;
  const float* gate = nullptr;
  std::ptrdiff_t begin = 0, end = 0;
};
struct BlockOutput {
  OutputPiece re, im;
};

struct MonarchKernels;  // the instruction set that the plan was made for

// Immutable; shared by any number of threads. Throws std::bad_alloc while being made.
class MonarchPlan {
 public:
  // size: least_size() times 1, 2, 4, ...
  MonarchPlan(std::size_t size, Ring ring);

  static std::size_t least_size() noexcept;  // 64 or less

  std::size_t size() const noexcept { return size_; }
  Ring ring() const noexcept { return ring_; }
  std::size_t floats() const noexcept { return 2 * size_; }  // of a spectrum, and of the scratch

  // Which frequency k each element of a spectrum holds; element e is at e / w * 2w + e % w (real
  // part, the imaginary part w floats further), w = vector_length().
  std::vector<std::uint32_t> frequencies() const;
  std::size_t vector_length() const noexcept { return lanes_; }

  // Nodes of the tree of factors that may be left out, from the root down: outermost digit first.
  struct Level {
    int radix;
    std::vector<float> twiddles;  // [node][radix - 1] of re, im
  };
  const std::vector<Level>& levels() const noexcept { return levels_; }
  std::span<const float> tile_twiddles() const noexcept { return tiles_; }  // aligned
  const MonarchKernels& kernels() const noexcept { return *kernels_; }

 private:
  std::size_t size_, lanes_;
  Ring ring_;
  const MonarchKernels* kernels_;
  std::vector<Level> levels_;
  Arena memory_;
  std::span<const float> tiles_;  // per tile: what all its columns share, then what each has
};

// What a filter needs at run time: its transform divided by size(), and which factors are not zero.
struct MonarchSpectrum {
  std::span<const float> values;                          // floats(), aligned to 64 bytes
  std::span<const std::vector<std::uint8_t>> alive = {};  // [level][node]; empty: all
};

// spectrum = transform of the input, times scale. `spectrum` has floats() elements,
// aligned to 64 bytes.
void monarch_transform(const MonarchPlan& plan, const BlockInput& input, float scale,
                       std::span<float> spectrum) LIMPID_REALTIME;

// output = inverse transform of (transform of the input * spectrum). scratch: floats() elements,
// aligned to 64 bytes. y may be x.
void monarch_convolve(const MonarchPlan& plan, const MonarchSpectrum& filter,
                      const BlockInput& input, const BlockOutput& output,
                      std::span<float> scratch) LIMPID_REALTIME;

namespace reference {
// The product modulo x^size - c term by term, in double.
void ring_convolve(std::size_t size, Ring ring, const BlockInput& filter, const BlockInput& input,
                   const BlockOutput& output) noexcept;
}  // namespace reference

}  // namespace limpid::kernels
