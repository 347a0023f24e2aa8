// SPDX-License-Identifier: MIT
// Frequency-sparse convolutions by the GPU's programs against a filter from which the frequencies
// were removed by a plain transform in double, and what is left out of the work.
#include <gtest/gtest.h>

#include "tests/cuda/host_conv.h"
#include "tests/cuda/sparse_fixture.h"

namespace limpid::kernels::cuda {
namespace {

Pattern without_zero(std::size_t size) {
  Pattern pattern(size, 1);
  pattern[0] = 0;
  return pattern;
}

template <class T>
void check(LongConvSpec spec, Pattern kept, bool gated, double least) {
  spec.kept = std::move(kept);
  const ConvData<T> data(spec, gated);
  const auto plan = plan_conv(data.spec);
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->row.segments, 1);
  std::vector<T> y(data.u.size());
  host_conv(data, *plan, y.data());
  EXPECT_GE(snr_of_sparse(data, plan->points, y), least)
      << data.name() << ", " << spec.kept.size() << " residues";
}

TEST(CudaSparseConv, EveryFusedSize) {
  for (std::int64_t points = 256; points <= 8192; points *= 2) {
    const auto most = static_cast<std::size_t>(points / 64);
    check<float>({.lanes = 2, .channels = 2, .length = points / 2, .taps = points / 3},
                 first_of(1, 2), true, 120);
    check<float>({.length = points, .taps = points, .circular = true}, without_zero(4), false, 120);
    check<float>({.lanes = 3, .length = points / 2 - 3, .taps = points / 2}, first_of(1, most),
                 true, 120);
    check<Half>({.length = points, .taps = 9, .circular = true}, Pattern{0, 1, 0, 1}, false, 60);
    check<BFloat>({.length = points / 2, .taps = 100}, first_of(most / 4 + 1, most), false, 50);
  }
  check<float>({.length = 16384, .taps = 16384, .circular = true}, first_of(3, 16), false, 120);
  check<float>({.length = 16384, .taps = 16000}, first_of(40, 512), true, 120);
}

TEST(CudaSparseConv, InThreePasses) {
  check<float>({.length = 32768, .taps = 30000}, first_of(1, 2), false, 120);
  check<float>({.channels = 2, .length = 65536, .taps = 3000, .circular = true}, without_zero(8),
               true, 120);
  check<Half>({.length = 65536, .taps = 60000}, first_of(3, 16), false, 60);
  // Finer than the rows of the matrix.
  check<float>({.length = 65536, .taps = 65536, .circular = true}, first_of(5, 64), false, 120);
  check<float>({.length = 32768, .taps = 32768}, without_zero(1024), false, 120);
}

TEST(CudaSparseConv, AllAndNothing) {
  for (const std::int64_t length : {256, 1024, 65536}) {
    const ConvData<float> whole({.length = length, .taps = 50, .circular = true}, false);
    LongConvSpec one = whole.spec;
    one.kept = Pattern{1};
    ConvData<float> all(one, false), none(one, false);
    none.spec.kept = Pattern{0, 0};
    std::vector<float> y[3];
    for (auto& row : y) row.resize(whole.u.size(), 5.0f);
    auto plan = *plan_conv(one);
    host_conv(whole, plan, y[0].data());
    host_conv(all, plan, y[1].data());
    host_conv(none, plan, y[2].data());
    EXPECT_EQ(y[0], y[1]) << length;
    EXPECT_EQ(y[2], std::vector<float>(y[2].size())) << length;
  }
}

// Butterflies of the second stage and pairs of columns, there and back; rows of three passes.
TEST(CudaSparseConv, WhatIsNotKeptIsNotComputed) {
  const SparseTables half = sparse_tables<14>(Pattern{1, 0}),
                     eighth = sparse_tables<14>(first_of(3, 32));
  EXPECT_EQ(half.row.count, 16);   // of 32
  EXPECT_EQ(half.row.pairs, 256);  // of 512
  EXPECT_EQ(eighth.row.count, 5);
  EXPECT_EQ(eighth.row.pairs, 80);
  const SparseTables fine = sparse_tables<13>(first_of(1, 64));  // digits of 32 and of 16
  EXPECT_EQ(fine.row.count, 1);
  EXPECT_EQ(fine.row.pairs, 4);                                      // of 256
  EXPECT_EQ(sparse_outer(first_of(1, 2), 64).pairs.size(), 16 + 1);  // of 32
  EXPECT_EQ(sparse_outer(first_of(1, 64), 64).pairs.size(), 1 + 1);
}

TEST(CudaSparseConv, SaysWhatItCannotDo) {
  const auto refused = [](LongConvSpec spec, ErrorCode code, const std::string& part) {
    const auto plan = plan_conv(spec);
    ASSERT_FALSE(plan.ok());
    EXPECT_EQ(plan.error().code, code);
    EXPECT_NE(plan.error().message.find(part), std::string::npos) << plan.error().message;
  };
  const auto invalid = ErrorCode::invalid_argument, unsupported = ErrorCode::unsupported;
  refused({.length = 1024, .taps = 1024, .kept = Pattern(3, 1)}, invalid, "1, 2, 4");
  refused({.length = 1024, .taps = 1024, .kept = Pattern(64, 1)}, invalid, "64th of 2048");
  refused({.length = 1024, .taps = 9, .circular = true, .kept = {1, 1, 0, 0}}, invalid, "1 and 3");
  refused({.length = 1000, .taps = 9, .circular = true, .kept = {1, 1}}, unsupported, "sparse");
  refused({.length = kMaxPoints, .taps = 2, .kept = {1, 0}}, unsupported, "sparse");
}

}  // namespace
}  // namespace limpid::kernels::cuda
