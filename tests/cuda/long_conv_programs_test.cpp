// SPDX-License-Identifier: MIT
// The kernels of long convolutions, thread by thread, against the definition.
#include <gtest/gtest.h>

#include "tests/cuda/host_conv.h"

namespace limpid::kernels::cuda {
namespace {

// In dB. Sixteen bits: what rounding the results costs, 2^-11 and 2^-8 of each at worst.
template <class T>
constexpr double least_snr() {
  return sizeof(T) == 4 ? 120 : std::is_same_v<T, Half> ? 60 : 50;
}

// Results with untouched samples in front and behind.
template <class T>
class Fenced {
 public:
  explicit Fenced(std::int64_t count) : values_(static_cast<std::size_t>(count) + 2 * kFence) {
    for (T& v : values_) from_float(kUntouched, v);
  }
  T* data() { return values_.data() + kFence; }
  std::vector<T> results() const { return {values_.begin() + kFence, values_.end() - kFence}; }
  bool broken() const {
    for (std::size_t i = 0; i < kFence; ++i)
      if (to_float(values_[i]) != kUntouched ||
          to_float(values_[values_.size() - 1 - i]) != kUntouched)
        return true;
    return false;
  }

 private:
  static constexpr std::size_t kFence = 64;
  static constexpr float kUntouched = -96.0f;
  std::vector<T> values_;
};

template <class T>
void check(const LongConvSpec& spec, bool gated, float level = 1.0f, bool aligned = true) {
  const ConvData<T> data(spec, gated, level);
  const auto plan = plan_conv(data.spec);
  ASSERT_TRUE(plan) << plan.error().message;
  Fenced<T> y(spec.lanes * spec.channels * spec.length);
  host_conv(data, *plan, y.data(), aligned);
  EXPECT_GE(data.snr_of(y.results()), least_snr<T>()) << data.name() << ", level " << level;
  EXPECT_FALSE(y.broken()) << data.name();
}

TEST(CudaLongConv, EveryFusedSize) {
  for (std::int64_t points = 256; points <= 32768; points *= 2) {
    check<float>({.length = points / 2, .taps = points / 2 + 1}, points % 3 == 0);
    check<float>({.length = points, .taps = points / 4, .circular = true}, points % 3 != 0);
    check<Half>({.length = points / 2, .taps = points / 2}, true);
    check<BFloat>({.length = points, .taps = points, .circular = true}, false);
  }
}

TEST(CudaLongConv, EverySplitSize) {
  for (std::int64_t points = 65536; points <= kMaxPoints; points *= 2) {
    check<float>({.length = points / 2, .taps = points / 2 + 1}, true);
    if (points <= 262144) {
      check<Half>({.length = points, .taps = points, .circular = true}, false);
      check<BFloat>({.length = points / 2, .taps = points / 2}, true);
    }
  }
}

// Rows share the filter of their channel; blocks are not full; rows are done a few at a time.
TEST(CudaLongConv, LanesAndChannels) {
  check<float>({.lanes = 3, .channels = 5, .length = 100, .taps = 61}, true);
  check<Half>({.lanes = 7, .channels = 11, .length = 128, .taps = 128, .circular = true}, false);
  check<float>({.lanes = 2, .channels = 3, .length = 5000, .taps = 1000}, false);
  check<float>({.lanes = 3, .channels = 3, .length = 33000, .taps = 300}, true);
}

TEST(CudaLongConv, AwkwardLengths) {
  for (const bool circular : {false, true}) {
    for (const std::int64_t length : {1, 2, 3, 255, 257, 500, 1021, 2047}) {
      for (const std::int64_t taps : {std::int64_t{1}, std::int64_t{2}, length / 2 + 1, length}) {
        if (taps > length) continue;
        const LongConvSpec spec{
            .lanes = 2, .channels = 2, .length = length, .taps = taps, .circular = circular};
        check<float>(spec, length % 2 == 0);
        check<Half>(spec, length % 2 != 0);
      }
    }
  }
  check<float>({.length = 40001, .taps = 30001, .circular = true}, true);
  check<float>({.length = 300, .taps = 5000}, false);  // taps beyond the row are never heard
}

// Short filters on long rows: whichever size costs least, and rows of any length.
TEST(CudaLongConv, InSegments) {
  for (const bool circular : {false, true}) {
    check<float>({.lanes = 2, .channels = 3, .length = 10000, .taps = 100, .circular = circular},
                 true);
    check<float>({.lanes = 2, .channels = 2, .length = 10001, .taps = 101, .circular = circular},
                 true);
    check<Half>({.length = 90000, .taps = 1000, .circular = circular}, false);
    check<float>({.length = 5000000, .taps = 20, .circular = circular},
                 false);  // longer than any transform
  }
  check<float>({.lanes = 2, .length = 200000, .taps = 30000}, true);  // in three passes each
  const auto plan = plan_conv({.length = 1 << 20, .taps = 100});
  ASSERT_TRUE(plan);
  EXPECT_LE(plan->points, kMaxFusedPoints) << "one kernel costs less than three";
}

// Cards of compute capability 8.6 have 99 KiB for a block: what would be one kernel of most points
// becomes another plan, and only what knows no other is refused.
TEST(LongConvPlan, BlocksWithLessSharedMemory) {
  constexpr std::size_t kSmall = 99 * 1024;
  const LongConvSpec causal{.length = 16384, .taps = 16384};
  EXPECT_EQ(plan_conv(causal)->points, kMaxFusedPoints);
  const auto plan = plan_conv(causal, kSmall);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_NE(plan->points, kMaxFusedPoints);
  EXPECT_EQ(plan_conv({.length = 8192, .taps = 8192}, kSmall)->points, 16384);
}

TEST(CudaLongConv, MemoryThatAllowsNoPairs) {
  check<float>({.channels = 2, .length = 400, .taps = 300}, true, 1.0f, false);
  check<Half>({.channels = 2, .length = 40000, .taps = 20000}, true, 1.0f, false);
}

// The published kernels lose 45 dB from 1 to 1e-3, because they scale by 1 / N before they
// transform.
TEST(CudaLongConv, AtAnyLevel) {
  for (const float level : {1.0f, 1e-1f, 1e-2f, 1e-3f, 1e-4f}) {
    for (const std::int64_t length : {1024, 16384, 40000}) {
      check<float>({.length = length, .taps = length}, false, level);
      check<Half>({.length = length, .taps = length}, false, level);
      check<BFloat>({.length = length, .taps = length}, false, level);
    }
  }
}

// emulate() gives the threads another order in every phase, from a seed: a race would show.
TEST(CudaLongConv, OrderOfThreadsDoesNotMatter) {
  const ConvData<float> data({.lanes = 2, .channels = 2, .length = 3000, .taps = 900}, true);
  const auto plan = plan_conv(data.spec);
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->log_complex(), 11);
  const HostTables<11> tables;
  std::vector<Complex> spectra(static_cast<std::size_t>(data.spec.channels * plan->points / 2));
  std::vector<float> first(data.u.size()), second(data.u.size());
  for (auto* y : {&first, &second}) {
    const Rows<float> rows{data.u.data(), data.in(), data.out(), y->data(), 2, 2, 3000, plan->row};
    const unsigned seed = y == &first ? 1 : 2;
    emulate<FusedFilter<11>>(
        {{data.filters.data(), nullptr, nullptr, nullptr, 1, 2, 900, plan->filter},
         spectra.data(),
         tables.view()},
        seed);
    emulate<FusedConv<float, 11>>({rows, spectra.data(), tables.view()}, seed);
  }
  EXPECT_EQ(first, second);
}

TEST(CudaLongConv, SaysWhatItCannotDo) {
  const auto code = [](LongConvSpec spec) {
    const auto plan = plan_conv(spec);
    return plan ? -1 : static_cast<int>(plan.error().code);
  };
  const int invalid = static_cast<int>(ErrorCode::invalid_argument);
  const int unsupported = static_cast<int>(ErrorCode::unsupported);
  EXPECT_EQ(code({.length = 0, .taps = 1}), invalid);
  EXPECT_EQ(code({.length = 1, .taps = 0}), invalid);
  EXPECT_EQ(code({.lanes = 0, .length = 1, .taps = 1}), invalid);
  EXPECT_EQ(code({.channels = -1, .length = 1, .taps = 1}), invalid);
  EXPECT_EQ(code({.length = 100, .taps = 101, .circular = true}), invalid);
  EXPECT_EQ(code({.length = kMaxPoints, .taps = kMaxPoints}), unsupported);
  EXPECT_EQ(code({.length = 1 << 30, .taps = (1 << 21) + 2}), unsupported);
  EXPECT_EQ(code({.lanes = INT64_MAX / 2, .channels = 1000, .length = 1 << 20, .taps = 1}),
            unsupported);
  EXPECT_EQ(code({.lanes = 1 << 20, .channels = 1 << 12, .length = 10, .taps = 1}), unsupported);
  EXPECT_EQ(code({.length = 1 << 30, .taps = (1 << 21)}), -1);
  EXPECT_EQ(code({.length = kMaxPoints, .taps = 1}), -1);
  EXPECT_EQ(code({.length = kMaxPoints, .taps = kMaxPoints, .circular = true}), -1);
  EXPECT_EQ(code({.length = 1 << 20, .taps = INT64_MAX}), -1);
}

}  // namespace
}  // namespace limpid::kernels::cuda
