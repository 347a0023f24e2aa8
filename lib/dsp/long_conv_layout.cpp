// SPDX-License-Identifier: MIT
#include "lib/dsp/long_conv_layout.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "lib/kernels/monarch.h"

namespace limpid::dsp {
namespace {

constexpr std::int64_t kLargestFft = std::int64_t{1} << 24;  // of RealFft
constexpr std::int64_t kDirectStep = 1024;
constexpr std::int64_t kDirectTaps = 1024;  // long sums of floats would be less exact than an FFT
constexpr double kDirectTap = 0.028, kDirectSample = 0.25;  // nanoseconds a sample

// Nanoseconds a sample for a window of 2^(7 + index) samples there, times the filter, and back, as
// limpid_long_conv_bench --costs measured them on an Intel Xeon with AVX-512 (which is as fast as
// AVX2 here), and FFTW with its plans of FFTW_ESTIMATE; Monarch with vectors of 8, 4 and 1.
using Table = std::array<double, 18>;
constexpr Table kFftTable{3.5, 3.0, 2.8, 2.9, 3.1, 3.3, 3.8, 3.7, 5.0,
                          5.6, 6.1, 6.7, 8.5, 12,  15,  24,  33,  31};
constexpr Table kMonarch8{1.7, 1.45, 1.3, 1.3, 1.35, 1.5, 1.6, 1.75, 1.8,
                          1.9, 1.95, 2.1, 2.3, 3.0,  3.2, 3.8, 3.9,  4.7};
constexpr Table kMonarch4{2.6, 2.5, 2.4, 2.3, 2.3, 2.3, 2.4, 2.5, 2.6,
                          2.8, 3.0, 3.3, 3.6, 4.2, 4.5, 5.0, 5.2, 6.0};
constexpr Table kMonarch1{11, 11, 11, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 15, 15, 16, 16};

double look_up(const Table& table, std::int64_t window) {
  const int bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(window))) - 1;
  const int last = static_cast<int>(table.size()) - 1;
  return table[static_cast<std::size_t>(std::clamp(bits - 7, 0, last))] *
         static_cast<double>(window);
}

double monarch_cost(std::int64_t window) {
  const std::size_t least = kernels::MonarchPlan::least_size();
  return look_up(least == 64 ? kMonarch8 : least == 16 ? kMonarch4 : kMonarch1, window);
}

bool is_smooth(std::int64_t n) {
  for (const int factor : {2, 3, 5})
    while (n % factor == 0) n /= factor;
  return n == 1;
}

class Search {
 public:
  explicit Search(const LongConvSpec& spec)
      : spec_(spec), overlap_(std::min(spec.taps, spec.samples) - 1) {}

  LongConvLayout run() {
    const auto least = 2 * static_cast<std::int64_t>(kernels::MonarchPlan::least_size());
    if (wants(LongConvMethod::direct) && spec_.kept.empty() && overlap_ < kDirectTaps) direct();
    if (wants(LongConvMethod::monarch))
      for (std::int64_t window = least; windows(LongConvMethod::monarch, window); window *= 2) {
      }
    if (wants(LongConvMethod::fft) && spec_.kept.empty())
      for (const int odd : {1, 3, 5})
        for (std::int64_t window = 64 * odd;
             window <= kLargestFft && windows(LongConvMethod::fft, window); window *= 2) {
        }
    if (spec_.circular) wrapped(least / 2);
    return best_;
  }

 private:
  bool wants(LongConvMethod method) const {
    return spec_.method == method || spec_.method == LongConvMethod::fastest;
  }

  void offer(const LongConvLayout& layout) {
    if (layout.cost < best_.cost) best_ = layout;
  }

  void direct() {
    const double each = kDirectTap * static_cast<double>(overlap_ + 1) + kDirectSample;
    const std::int64_t step = std::min(kDirectStep, spec_.samples);
    offer({LongConvMethod::direct, false, step + overlap_, overlap_, step,
           (spec_.samples + step - 1) / step, each * static_cast<double>(spec_.samples)});
  }

  // Whether a larger window is worth a look.
  bool windows(LongConvMethod method, std::int64_t window) {
    const std::int64_t step = window - overlap_;
    if (16 * step < window) return true;  // nearly all of it would be dropped
    const std::int64_t blocks = (spec_.samples + step - 1) / step;
    if (blocks > 1 && !spec_.kept.empty()) return true;
    if (method == LongConvMethod::monarch && spec_.circular && !spec_.kept.empty()) return false;
    const double each =
        method == LongConvMethod::monarch ? monarch_cost(window) : look_up(kFftTable, window);
    offer({method, false, window, overlap_, step, blocks, each * static_cast<double>(blocks)});
    return blocks > 1;
  }

  // The transform of the row itself: circular anyway. Monarch's is complex and takes two rows.
  void wrapped(std::int64_t least) {
    const std::int64_t n = spec_.samples;
    if (wants(LongConvMethod::monarch) && n % least == 0 &&
        std::has_single_bit(static_cast<std::uint64_t>(n / least)))
      offer({LongConvMethod::monarch, true, n, 0, n, 1, monarch_cost(2 * n) / 2});
    if (wants(LongConvMethod::fft) && spec_.kept.empty() && n % 2 == 0 && n <= kLargestFft &&
        is_smooth(n))
      offer({LongConvMethod::fft, true, n, 0, n, 1, look_up(kFftTable, n)});
  }

  const LongConvSpec& spec_;
  std::int64_t overlap_;
  LongConvLayout best_{.cost = std::numeric_limits<double>::infinity()};
};

}  // namespace

Result<LongConvLayout> choose_layout(const LongConvSpec& spec) {
  const LongConvLayout best = Search(spec).run();
  if (best.blocks > 0) return best;
  return Error{ErrorCode::unsupported, "long convolution: this method cannot convolve rows of " +
                                           std::to_string(spec.samples) + " samples with " +
                                           std::to_string(spec.taps) + " taps" +
                                           (spec.kept.empty() ? "" : " and a sparse spectrum")};
}

}  // namespace limpid::dsp
