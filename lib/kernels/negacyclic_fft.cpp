// SPDX-License-Identifier: MIT
#include "lib/kernels/negacyclic_fft.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/negacyclic_fft.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "lib/kernels/negacyclic_fft-inl.h"

namespace limpid::kernels {
#ifndef LIMPID_KERNELS_NEGACYCLIC_UNIT
#define LIMPID_KERNELS_NEGACYCLIC_UNIT
// One unit: `length` rows of `width` columns.
struct NegacyclicUnit {
  int length, width;
  const float* roots;
  float* scratch;
};
// What a transposing store needs to know of the other half.
struct Transposed {
  float* to;
  std::ptrdiff_t tile_rows;  // rows of one of its tiles
  std::ptrdiff_t width;      // columns of one of its tiles
};
struct TimeTables {
  const float* twist;
  const float* twiddles;    // of this unit
  std::ptrdiff_t row_step;  // samples between rows
};
#endif
}  // namespace limpid::kernels

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {

// Rows `row` .. `row` + 3 of a unit that begins at column `column`, to the tiles of the other half.
template <int kWidth, class Load>
HWY_INLINE void transpose_rows(std::ptrdiff_t row, std::ptrdiff_t column, const Transposed& other,
                               const Load& loaded) {
  const Columns<kWidth> d;
  const std::ptrdiff_t tile = row / other.width, within = row % other.width;
  float* to = other.to + (tile * other.tile_rows + column) * 2 * other.width + within;
  for (std::size_t i = 0; i < kWidth; i += hn::MaxLanes(d)) {
    hn::Vec<Columns<kWidth>> re[4], im[4];
    for (int k = 0; k < 4; ++k) {
      const auto v = loaded(d, row + k, i);
      re[k] = v.re;
      im[k] = v.im;
    }
    float* at = to + static_cast<std::ptrdiff_t>(i) * 2 * other.width;
    store_transposed(d, re, at, 2 * other.width);
    store_transposed(d, im, at + other.width, 2 * other.width);
  }
}

template <int kWidth>
void forward_time(const NegacyclicUnit& unit, const float* earlier, const float* later,
                  const TimeTables& tables, std::ptrdiff_t column, const Transposed& other) {
  const Columns<kWidth> d;
  float* const tile = unit.scratch + unit.length * 2 * kWidth;
  for (std::ptrdiff_t a = 0; a < unit.length; ++a) {
    const auto twist = broadcast(d, tables.twist + 2 * a);
    for (std::size_t i = 0; i < kWidth; i += hn::MaxLanes(d)) {
      const Complex<hn::Vec<Columns<kWidth>>> x{hn::LoadU(d, earlier + a * tables.row_step + i),
                                                hn::LoadU(d, later + a * tables.row_step + i)};
      store<kWidth>(d, multiply<false>(x, twist), tile + a * 2 * kWidth + i);
    }
  }
  const float* result = fft_columns<kWidth, false>({tile, 2 * kWidth, nullptr, 0}, unit.length,
                                                   unit.roots, unit.scratch);
  for (std::ptrdiff_t row = 0; row < unit.length; row += 4)
    transpose_rows<kWidth>(row, column, other,
                           [&](auto tag, std::ptrdiff_t k, std::size_t i) HWY_ATTR {
                             const std::size_t at = static_cast<std::size_t>(k) * 2 * kWidth + i;
                             return multiply<false>(load<kWidth>(tag, result + at),
                                                    load<kWidth>(tag, tables.twiddles + at));
                           });
}

template <int kWidth>
void inverse_frequency(const NegacyclicUnit& unit, const float* spectrum, std::ptrdiff_t column,
                       const Transposed& other) {
  const float* result = fft_columns<kWidth, true>({spectrum, 2 * kWidth, nullptr, 0}, unit.length,
                                                  unit.roots, unit.scratch);
  for (std::ptrdiff_t row = 0; row < unit.length; row += 4)
    transpose_rows<kWidth>(
        row, column, other, [&](auto tag, std::ptrdiff_t k, std::size_t i) HWY_ATTR {
          return load<kWidth>(tag, result + static_cast<std::size_t>(k) * 2 * kWidth + i);
        });
}

template <int kWidth>
void inverse_time(const NegacyclicUnit& unit, const float* work, const TimeTables& tables,
                  std::size_t column, float scale, const RingTarget& target) {
  const Columns<kWidth> d;
  float* const tile = unit.scratch + unit.length * 2 * kWidth;
  for (std::ptrdiff_t at = 0; at < unit.length * 2 * kWidth; at += 2 * kWidth)
    for (std::size_t i = 0; i < kWidth; i += hn::MaxLanes(d))
      store<kWidth>(
          d,
          multiply<true>(load<kWidth>(d, work + at + i), load<kWidth>(d, tables.twiddles + at + i)),
          tile + at + i);
  const float* result = fft_columns<kWidth, true>({tile, 2 * kWidth, nullptr, 0}, unit.length,
                                                  unit.roots, unit.scratch);
  for (std::ptrdiff_t a = 0; a < unit.length; ++a, result += 2 * kWidth) {
    const auto twist = broadcast(d, tables.twist + 2 * a);
    const std::size_t n = static_cast<std::size_t>(a * tables.row_step) + column;
    float* to = target.data + ((target.start + n) & target.mask);
    for (std::size_t i = 0; i < kWidth; i += hn::MaxLanes(d)) {
      const auto x = load<kWidth>(d, result + i);
      const auto y = hn::NegMulAdd(x.re, twist.im, hn::Mul(x.im, twist.re));
      const auto gain = hn::MulAdd(hn::Iota(d, static_cast<float>(n + i)),
                                   hn::Set(d, target.gain_step), hn::Set(d, target.gain));
      hn::StoreU(hn::MulAdd(y, hn::Mul(gain, hn::Set(d, scale)), hn::LoadU(d, to + i)), d, to + i);
    }
  }
}

void ForwardTime(const NegacyclicUnit& unit, const float* earlier, const float* later,
                 const TimeTables& tables, std::ptrdiff_t column, const Transposed& other) {
  if (unit.width == 16) return forward_time<16>(unit, earlier, later, tables, column, other);
  if (unit.width == 8) return forward_time<8>(unit, earlier, later, tables, column, other);
  forward_time<4>(unit, earlier, later, tables, column, other);
}

void ForwardFrequency(const NegacyclicUnit& unit, const float* work, float* spectrum,
                      std::ptrdiff_t stride) {
  const Rows rows{work, 2 * unit.width, spectrum, stride};
  if (unit.width == 16) {
    fft_columns<16, false>(rows, unit.length, unit.roots, unit.scratch);
  } else if (unit.width == 8) {
    fft_columns<8, false>(rows, unit.length, unit.roots, unit.scratch);
  } else {
    fft_columns<4, false>(rows, unit.length, unit.roots, unit.scratch);
  }
}

void InverseFrequency(const NegacyclicUnit& unit, const float* spectrum, std::ptrdiff_t column,
                      const Transposed& other) {
  if (unit.width == 16) return inverse_frequency<16>(unit, spectrum, column, other);
  if (unit.width == 8) return inverse_frequency<8>(unit, spectrum, column, other);
  inverse_frequency<4>(unit, spectrum, column, other);
}

void InverseTime(const NegacyclicUnit& unit, const float* work, const TimeTables& tables,
                 std::size_t column, float scale, const RingTarget& target) {
  if (unit.width == 16) return inverse_time<16>(unit, work, tables, column, scale, target);
  if (unit.width == 8) return inverse_time<8>(unit, work, tables, column, scale, target);
  inverse_time<4>(unit, work, tables, column, scale, target);
}

}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(ForwardTime);
HWY_EXPORT(ForwardFrequency);
HWY_EXPORT(InverseFrequency);
HWY_EXPORT(InverseTime);

namespace {

constexpr double kPi = std::numbers::pi;

void append_turn(std::vector<float>& to, double turns) {  // exp(2 pi j turns)
  to.push_back(static_cast<float>(std::cos(2 * kPi * turns)));
  to.push_back(static_cast<float>(std::sin(2 * kPi * turns)));
}

// For the passes of an FFT of `length` points, in the order in which fft_columns reads them.
void append_roots(std::vector<float>& to, int length) {
  for (int left = length; left >= 4; left /= 4)
    for (int p = 0; p < left / 4; ++p)
      for (int k = 1; k < 4; ++k) append_turn(to, -static_cast<double>(p * k) / left);
}

}  // namespace

NegacyclicFft::NegacyclicFft(int size) : size_(size) {
  const int bits = static_cast<int>(std::bit_width(static_cast<unsigned>(size))) - 1;
  rows_ = 1 << (bits / 2);
  columns_ = size / rows_;
  const int widest = size > 4096 ? 8 : 16;  // long columns make units large enough
  column_width_ = std::min(columns_, widest);
  k1_width_ = std::min(rows_, widest);
  append_roots(roots_, rows_);
  if (columns_ != rows_) {
    column_roots_ = roots_.size();
    append_roots(roots_, columns_);
  }
  for (int a = 0; a < rows_; ++a) append_turn(twist_, a / (4.0 * rows_));
  twiddles_.resize(2 * static_cast<std::size_t>(size));
  for (int c = 0; c < columns_; ++c) {
    const int unit = c / column_width_, within = c % column_width_;
    for (int k1 = 0; k1 < rows_; ++k1) {
      const double angle = -2 * kPi * c * (k1 - 0.25) / size;
      float* row = twiddles_.data() + (std::ptrdiff_t{unit} * rows_ + k1) * 2 * column_width_;
      row[within] = static_cast<float>(std::cos(angle));
      row[column_width_ + within] = static_cast<float>(std::sin(angle));
    }
  }
}

std::size_t NegacyclicFft::scratch_floats() const noexcept {
  return 4 * static_cast<std::size_t>(std::max(rows_ * column_width_, columns_ * k1_width_));
}

double NegacyclicFft::time_unit_flops() const LIMPID_REALTIME {
  return column_width_ * rows_ * (5 * std::log2(rows_) + 12);  // 12: twist and twiddle factors
}

double NegacyclicFft::frequency_unit_flops() const LIMPID_REALTIME {
  return k1_width_ * columns_ * 5 * std::log2(columns_);
}

int NegacyclicFft::frequency(int block, int bin) const noexcept {
  return block / columns_ * k1_width_ + bin + rows_ * (block % columns_);
}

void NegacyclicFft::forward_time(const float* earlier, const float* later, int unit, float* work,
                                 float* scratch) const LIMPID_REALTIME {
  const std::ptrdiff_t column = std::ptrdiff_t{unit} * column_width_;
  HWY_DYNAMIC_DISPATCH(ForwardTime)
  ({rows_, column_width_, roots_.data(), scratch}, earlier + column, later + column,
   {twist_.data(), twiddles_.data() + column * 2 * rows_, columns_}, column,
   {work, columns_, k1_width_});
}

void NegacyclicFft::forward_frequency(const float* work, int unit, float* spectrum,
                                      std::ptrdiff_t block_stride,
                                      float* scratch) const LIMPID_REALTIME {
  const std::ptrdiff_t block = std::ptrdiff_t{unit} * columns_;
  HWY_DYNAMIC_DISPATCH(ForwardFrequency)
  ({columns_, k1_width_, roots_.data() + column_roots_, scratch}, work + block * 2 * k1_width_,
   spectrum + block * block_stride, block_stride);
}

void NegacyclicFft::inverse_frequency(const float* spectrum, int unit, float* work,
                                      float* scratch) const LIMPID_REALTIME {
  HWY_DYNAMIC_DISPATCH(InverseFrequency)
  ({columns_, k1_width_, roots_.data() + column_roots_, scratch},
   spectrum + std::ptrdiff_t{unit} * columns_ * 2 * k1_width_, std::ptrdiff_t{unit} * k1_width_,
   {work, rows_, column_width_});
}

void NegacyclicFft::inverse_time(const float* work, int unit, const RingTarget& target,
                                 float* scratch) const LIMPID_REALTIME {
  const std::ptrdiff_t column = std::ptrdiff_t{unit} * column_width_;
  HWY_DYNAMIC_DISPATCH(InverseTime)
  ({rows_, column_width_, roots_.data(), scratch}, work + column * 2 * rows_,
   {twist_.data(), twiddles_.data() + column * 2 * rows_, columns_},
   static_cast<std::size_t>(column), 1.0f / static_cast<float>(size_), target);
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
