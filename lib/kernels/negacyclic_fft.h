// SPDX-License-Identifier: MIT
// Transforms for the overlap-save convolution of real blocks, in units small enough to be shared
// out over many audio callbacks.
//
// A window of two blocks, x = [old | new], is a residue of polynomials modulo z^2P + 1; modulo one
// of its factors, z^P - j, it is the P complex numbers old[n] + j new[n]. Their product with a
// filter of P taps differs from the linear convolution in the first P samples only, which
// overlap-save drops. So P complex points do the work of 2P real ones, and no spectrum is split
// into even and odd parts (discrete weighted transforms: Crandall and Fagin, Math. Comp. 62, 1994,
// section 6).
//
// The P points are a matrix of A rows and B columns (four-step FFT: Bailey 1990): FFTs down all
// columns, twiddle factors and a transposition, FFTs down all columns again. A unit is 4, 8 or 16
// columns. Spectra stay in the order in which this leaves them; products do not care.
#pragma once

#include <cstddef>
#include <vector>

#include "lib/base/realtime.h"

namespace limpid::kernels {

// Where an inverse transform adds its result: sample n of the block goes to
// data[(start + n) & mask], times gain + n * gain_step. start is a multiple of 16.
struct RingTarget {
  float* data;
  std::size_t start, mask;
  float gain = 1, gain_step = 0;
};

// Tables of one size; immutable, shared by any number of threads.
class NegacyclicFft {
 public:
  static constexpr int kSmallest = 16, kLargest = 1 << 17;
  // size P: a power of two in kSmallest..kLargest. Throws std::bad_alloc.
  explicit NegacyclicFft(int size);

  int size() const noexcept { return size_; }
  // A spectrum is blocks() blocks of width() bins: width() real parts, then as many imaginary ones.
  int width() const noexcept { return k1_width_; }
  int blocks() const noexcept { return size_ / k1_width_; }
  std::size_t work_floats() const noexcept { return 2 * static_cast<std::size_t>(size_); }
  std::size_t scratch_floats() const noexcept;

  // Units of the first half of forward() and second half of inverse(), and of the other halves.
  int time_units() const noexcept { return columns_ / column_width_; }
  int frequency_units() const noexcept { return rows_ / k1_width_; }
  double time_unit_flops() const LIMPID_REALTIME;
  double frequency_unit_flops() const LIMPID_REALTIME;

  // Spectrum of [earlier | later], P samples each: all time units into `work`, then all frequency
  // units from there to blocks at spectrum + i * block_stride. Buffers are aligned to 64 bytes;
  // scratch holds nothing between calls.
  void forward_time(const float* earlier, const float* later, int unit, float* work,
                    float* scratch) const LIMPID_REALTIME;
  void forward_frequency(const float* work, int unit, float* spectrum, std::ptrdiff_t block_stride,
                         float* scratch) const LIMPID_REALTIME;

  // The later P samples of the product: all frequency units, then all time units.
  void inverse_frequency(const float* spectrum, int unit, float* work,
                         float* scratch) const LIMPID_REALTIME;
  void inverse_time(const float* work, int unit, const RingTarget& target,
                    float* scratch) const LIMPID_REALTIME;

  // The frequency index of bin `bin` of block `block`, as in reference::negacyclic_spectrum.
  int frequency(int block, int bin) const noexcept;

 private:
  int size_, rows_, columns_;     // P = rows * columns
  int column_width_, k1_width_;   // columns of a time unit, of a frequency unit
  std::vector<float> roots_;      // of unity: the rotations of all passes of both lengths
  std::size_t column_roots_ = 0;  // where those of `columns_` points begin
  std::vector<float> twist_;      // [row][re, im]: exp(pi j row / (2 A))
  std::vector<float> twiddles_;   // [unit][row][re x width, im x width]
};

// sum[b] += sum over p < parts of x[b][p] h[b][p], for b < blocks, on blocks of `width` (4, 8 or
// 16) bins as above: those of one b are contiguous in x and h, and their first is at b * stride.
void multiply_accumulate_spectra(const float* x, std::ptrdiff_t x_stride, const float* h,
                                 std::ptrdiff_t h_stride, int parts, int blocks, int width,
                                 float* sum) LIMPID_REALTIME;

namespace reference {
// spectrum[k] = sum over n < P of (earlier[n] + j later[n]) exp(pi j n / (2 P) - 2 pi j k n / P),
// as [k][re, im].
void negacyclic_spectrum(const float* earlier, const float* later, int size, float* spectrum);
void multiply_accumulate_spectra(const float* x, std::ptrdiff_t x_stride, const float* h,
                                 std::ptrdiff_t h_stride, int parts, int blocks, int width,
                                 float* sum) noexcept;
}  // namespace reference

}  // namespace limpid::kernels
