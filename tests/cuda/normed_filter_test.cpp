// SPDX-License-Identifier: MIT
// Norms and the short filters behind them as a stream, thread by thread, against their definition
// in double: calls shorter and longer than the filters, a lane that begins anew among them.
#include <gtest/gtest.h>

#include "lib/kernels/cuda/memory_layers.h"
#include "lib/kernels/cuda/normed_filter.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;

constexpr float kEpsilon = 1e-5f;

struct FilterCase {
  int lanes, rows, channels, taps, max_frames;
  std::vector<int> calls;
};

class FilterStream {
 public:
  explicit FilterStream(const FilterCase& c)
      : size_(c),
        capacity_(c.taps - 1 + c.max_frames),
        width_(c.rows * c.channels),
        h_(normal_noise(c.taps * width_, 1)),
        gain_(normal_noise(c.channels, 2)),
        offset_(normal_noise(c.channels, 3)),
        ring_(static_cast<std::size_t>(c.lanes * capacity_ * width_)),
        begun_(static_cast<std::size_t>(c.lanes)) {}

  // What a call makes, [lane][frame][row][channel]; with what it should.
  std::vector<double> run(int frames, std::vector<double>& want) {
    const std::ptrdiff_t lane = std::ptrdiff_t{frames} * width_;
    const auto x = normal_noise(size_.lanes * lane, ++seed_, 3);
    std::vector<float> y(x.size(), NAN);
    emulate<NormedFilter>({{x.data(), lane, width_, 0},
                           {y.data(), lane, width_, 0},
                           ring_.data(),
                           &head_,
                           {gain_.data(), offset_.data(), nullptr, kEpsilon},
                           h_.data(),
                           size_.lanes,
                           frames,
                           size_.rows,
                           size_.channels,
                           size_.taps,
                           capacity_},
                          seed_);
    emulate<Advance>({&head_, frames, capacity_, capacity_, false});
    for (int t = 0; t < frames; ++t) {
      normed_.emplace_back();
      for (int l = 0; l < size_.lanes; ++l)
        for (int r = 0; r < size_.rows; ++r)
          norm(x.data() + l * lane + t * width_ + r * size_.channels, normed_.back());
    }
    for (int l = 0; l < size_.lanes; ++l)
      for (int t = 0; t < frames; ++t)
        for (int at = 0; at < width_; ++at)
          want.push_back(sum(static_cast<int>(normed_.size()) - frames + t, l, at));
    return {y.begin(), y.end()};
  }

  void restart(int lane) {
    emulate<ClearHistory>({{{ring_.data(), capacity_ * width_, size_.lanes, capacity_ * width_, 1}},
                           1,
                           size_.lanes,
                           lane,
                           1});
    begun_[static_cast<std::size_t>(lane)] = static_cast<int>(normed_.size());
  }

 private:
  void norm(const float* x, std::vector<double>& to) const {
    double mean = 0, squares = 0;
    for (int c = 0; c < size_.channels; ++c) mean += x[c] / double(size_.channels);
    for (int c = 0; c < size_.channels; ++c)
      squares += (x[c] - mean) * (x[c] - mean) / size_.channels;
    for (int c = 0; c < size_.channels; ++c)
      to.push_back((x[c] - mean) / std::sqrt(squares + double{kEpsilon}) *
                       gain_[static_cast<std::size_t>(c)] +
                   offset_[static_cast<std::size_t>(c)]);
  }
  double sum(int t, int lane, int at) const {
    double sum = 0;
    for (int tap = 0; tap < size_.taps; ++tap) {
      const int from = t - (size_.taps - 1) + tap;
      if (from >= begun_[static_cast<std::size_t>(lane)])
        sum +=
            double{h_[static_cast<std::size_t>(tap * width_ + at)]} *
            normed_[static_cast<std::size_t>(from)][static_cast<std::size_t>(lane * width_ + at)];
    }
    return sum;
  }

  const FilterCase& size_;
  int capacity_, width_;
  std::vector<float> h_, gain_, offset_, ring_;
  RingHead head_{0, 0, 0};
  std::vector<std::vector<double>> normed_;  // [frame][lane, row, channel]
  std::vector<int> begun_;                   // frame with which a lane's stream began
  unsigned seed_ = 10;
};

TEST(CudaNormedFilter, CallsOfAllSizes) {
  for (const FilterCase& c : {FilterCase{1, 1, 3, 1, 2, {1, 2, 1}},
                              {2, 5, 7, 3, 1, {1, 1, 1, 1, 1, 1, 1}},
                              {3, 33, 20, 4, 9, {1, 9, 2, 1, 1, 3, 9, 9, 1}},
                              {1, 3, 130, 16, 40, {2, 1, 40, 5, 16, 15, 40, 1, 1}}}) {
    SCOPED_TRACE(c.taps);
    FilterStream stream(c);
    for (const int frames : c.calls) {
      std::vector<double> want;
      EXPECT_GE(snr(stream.run(frames, want), want), 115) << frames;
    }
  }
}

TEST(CudaNormedFilter, ALaneBeginsAnew) {
  const FilterCase size{3, 4, 8, 5, 6, {}};
  FilterStream stream(size);
  for (const int frames : {6, 1, 1, 2, 6, 3, 1, 1, 1}) {
    std::vector<double> want;
    EXPECT_GE(snr(stream.run(frames, want), want), 115) << frames;
    if (frames != 2) stream.restart(1);
  }
}

}  // namespace
}  // namespace limpid::kernels::cuda
