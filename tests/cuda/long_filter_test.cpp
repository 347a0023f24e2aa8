// SPDX-License-Identifier: MIT
// The gated long filters as streams, thread by thread, against their definition in double: calls of
// all sizes mixed, on sizes that leave blocks, slices and tails partly empty.
#include <gtest/gtest.h>

#include "lib/kernels/cuda/long_filter_hops.h"
#include "lib/kernels/cuda/memory_layers.h"
#include "tests/cuda/emulate.h"
#include "tests/cuda/noise.h"

namespace limpid::kernels::cuda {
namespace {

using test::normal_noise;

constexpr int kTail = LongFilterArgs::kTail;

struct LongCase {
  int lanes, rows, channels, taps, max_frames;
  std::vector<int> calls;
};

template <class Stored = float>
class LongStream {
 public:
  explicit LongStream(const LongCase& c)
      : size_(c),
        capacity_(ring_capacity(c.taps, c.max_frames)),
        width_(c.rows * c.channels),
        h_(normal_noise((2 * kTail + c.taps) * c.channels, 3)),
        ring(static_cast<std::size_t>(c.lanes * capacity_ * width_)),
        tails(static_cast<std::size_t>(c.lanes * kTail * width_)),
        begun_(static_cast<std::size_t>(c.lanes)) {
    std::fill_n(h_.begin(), 2 * kTail * c.channels, 0.0f);
  }

  // What a call makes, [frame][lane][row, channel]; with what it should, added to `want`.
  std::vector<double> run(int frames, std::vector<double>& want) {
    const auto before = normal_noise(std::ptrdiff_t{size_.lanes} * frames * 3 * width_, ++seed_);
    auto qkv = before;
    const LongFilterArgs args{{qkv.data(), std::ptrdiff_t{frames} * 3 * width_, 3 * width_, 0},
                              ring.data(),
                              tails.data(),
                              &head,
                              h_.data() + 2 * kTail * size_.channels,
                              size_.lanes,
                              frames,
                              size_.rows,
                              size_.channels,
                              size_.taps,
                              capacity_};
    with_long_filter<Stored>(args,
                             [&]<class... Programs>() { (emulate<Programs>(args, seed_), ...); });
    emulate<Advance>({&head, frames, capacity_, capacity_, frames > LongFilterArgs::kLive});
    std::vector<double> got;
    for (int t = 0; t < frames; ++t) {
      u_.emplace_back();
      for (int lane = 0; lane < size_.lanes; ++lane)
        for (int at = 0; at < width_; ++at) {
          const int row = at / size_.channels, c = at % size_.channels;
          const auto q = static_cast<std::size_t>(
              ((lane * frames + t) * size_.rows + row) * 3 * size_.channels + c);
          const auto channels = static_cast<std::size_t>(size_.channels);
          u_.back().push_back(double{before[q + channels]} * before[q + 2 * channels]);
          got.push_back(qkv[q]);
          want.push_back(before[q] * sum(lane, at));
        }
    }
    return got;
  }

  void restart(int lane) {
    const int ring_floats = floats(capacity_ * width_), tail_floats = floats(kTail * width_);
    ClearHistoryArgs args{{{as_floats(ring), ring_floats, size_.lanes, ring_floats, 1},
                           {as_floats(tails), tail_floats, size_.lanes, tail_floats, 1}},
                          2,
                          size_.lanes,
                          lane,
                          1};
    emulate<ClearHistory>(args);
    begun_[static_cast<std::size_t>(lane)] = u_.size();
  }

 private:
  static int floats(int stored) { return stored * static_cast<int>(sizeof(Stored)) / 4; }
  static float* as_floats(std::vector<Stored>& memory) {  // as restarts see any memory
    return reinterpret_cast<float*>(memory.data());
  }

  // Of the latest frame.
  double sum(int lane, int at) const {
    double sum = 0;
    for (std::size_t d = 0; d < static_cast<std::size_t>(size_.taps); ++d) {
      if (begun_[static_cast<std::size_t>(lane)] + d >= u_.size()) break;
      const auto tap = (static_cast<std::size_t>(2 * kTail + size_.taps) - 1 - d) *
                           static_cast<std::size_t>(size_.channels) +
                       static_cast<std::size_t>(at % size_.channels);
      sum += h_[tap] * u_[u_.size() - 1 - d][static_cast<std::size_t>(lane * width_ + at)];
    }
    return sum;
  }

  const LongCase& size_;
  int capacity_, width_;
  std::vector<float> h_;

 public:
  std::vector<Stored> ring, tails;
  RingHead head{0, 0, 0};

 private:
  std::vector<std::vector<double>> u_;  // [frame][lane, row, channel] of all calls so far
  std::vector<std::size_t> begun_;      // frame with which a lane's stream began
  unsigned seed_ = 10;
};

// Small ones; filters that end within a block, with it and behind it; more groups than there are
// phases; calls that kernels for few and for many frames make in turn.
const LongCase kCases[] = {
    {1, 1, 1, 1, 2, {1, 2, 1}},
    {1, 3, 5, 2, 4, {3, 1, 4}},
    {3, 3, 33, 20, 30, {1, 17, 5, 30, 1, 1, 1, 9, 2}},
    {1, 2, 70, 16, 9, {1, 1, 3, 1, 9, 1}},
    {1, 2, 70, 17, 8, {8, 1, 7}},
    {2, 5, 31, 63, 64, {16, 40, 1, 64, 1, 1, 1, 1, 1, 8, 8, 8}},
    {3, 17, 100, 45, 1, {1}},
    {1, 2, 70, 300, 64, {33, 1, 64, 7, 64, 64, 64, 64, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
};

template <class Stored>
double worst_snr(const LongCase& c) {
  double worst = 1e9;
  LongStream<Stored> stream(c);
  for (int frames = 0, call = 0; frames < c.taps + 40; ++call) {
    const int count = c.calls[static_cast<std::size_t>(call) % c.calls.size()];
    std::vector<double> want;
    worst = std::min(worst, snr(stream.run(count, want), want));
    frames += count;
  }
  return worst;
}

TEST(CudaLongFilter, CallsOfAllSizes) {
  for (const LongCase& c : kCases) {
    SCOPED_TRACE(c.taps);
    EXPECT_GE(worst_snr<float>(c), 115);
  }
}

// Numbers of 16 bits: what they cannot but lose.
TEST(CudaLongFilter, StoredInSixteenBits) {
  for (const LongCase& c : kCases) {
    SCOPED_TRACE(c.taps);
    EXPECT_GE(worst_snr<Half>(c), 65);
    EXPECT_GE(worst_snr<BFloat>(c), 47);
    EXPECT_LE(worst_snr<Half>(c), 100) << "they are floats";
  }
}

// At any place in a block, and when tails are those of before a long call.
template <class Stored>
void expect_a_lane_begins_anew(double least) {
  const LongCase size{3, 4, 40, 50, 20, {}};
  LongStream<Stored> stream(size);
  for (const int frames : {1, 1, 1, 5, 1, 20, 1, 3, 20, 20, 1, 1, 1, 1, 1, 8, 2}) {
    stream.restart(1);
    for (const int some : {frames, 1, 2}) {
      std::vector<double> want;
      EXPECT_GE(snr(stream.run(some, want), want), least);
    }
  }
}
TEST(CudaLongFilter, ALaneBeginsAnew) {
  expect_a_lane_begins_anew<float>(115);
  expect_a_lane_begins_anew<Half>(60);
}

TEST(CudaLongFilter, HalvesNeverBecomeInfinite) {
  const float huge[] = {1e9f, -1e9f};
  for (const float value : huge) {
    Half half;
    store(value, half);
    EXPECT_EQ(to_float(half), value > 0 ? 65504.0f : -65504.0f);
  }
}

// Where all but the latest frames of the ring are poison, a frame shows which groups read it.
TEST(CudaLongFilter, AFrameReadsASixteenthOfTheRing) {
  constexpr int kGroup = LongFilterHops<float, 2>::kGroup;
  const LongCase size{5, 8, kGroup, 40, 1, {}};  // 40 groups
  LongStream<> stream(size);
  std::vector<double> unused;
  for (int t = 0; t < 50; ++t) stream.run(1, unused);
  const auto ring = stream.ring, tails = stream.tails;
  const int capacity = ring_capacity(size.taps, 1), width = size.rows * size.channels;
  std::vector<int> read(kTail);
  for (int t = 0; t < kTail; ++t) {
    for (int lane = 0; lane < size.lanes; ++lane)
      for (int back = kTail; back < capacity; ++back) {
        const int slot = (static_cast<int>(stream.head.at) - back + capacity) % capacity;
        std::fill_n(stream.ring.begin() + (lane * capacity + slot) * width, width, NAN);
      }
    const auto got = stream.run(1, unused);
    for (std::size_t i = 0; i < got.size(); i += kGroup) {
      const auto end = got.begin() + static_cast<std::ptrdiff_t>(i) + kGroup;
      const auto bad = std::count_if(end - kGroup, end, [](double v) { return !std::isfinite(v); });
      EXPECT_TRUE(bad == 0 || bad == kGroup);
      read[static_cast<std::size_t>(t)] += bad != 0;
    }
    stream.ring = ring;
    stream.tails = tails;
  }
  for (const int groups : read) EXPECT_TRUE(groups == 2 || groups == 3) << groups;
  EXPECT_EQ(std::accumulate(read.begin(), read.end(), 0), 40);
}

}  // namespace
}  // namespace limpid::kernels::cuda
