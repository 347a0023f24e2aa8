// SPDX-License-Identifier: MIT
// What offline convolutions say to bad input.
#include <algorithm>
#include <limits>

#include "tests/dsp/long_conv_fixture.h"

namespace limpid::dsp {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

template <class T>
void expect_refusal(const Result<T>& result, ErrorCode code, const std::string& part) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, code);
  EXPECT_NE(result.error().message.find(part), std::string::npos) << result.error().message;
}

TEST(LongConvInput, LengthsOutOfRange) {
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-5}, std::int64_t{1} << 31}) {
    const std::string found = "found " + std::to_string(bad);
    expect_refusal(LongConvPlan::create({.samples = bad, .taps = 1}), ErrorCode::invalid_argument,
                   "samples a row, " + found);
    expect_refusal(LongConvPlan::create({.samples = 1, .taps = bad}), ErrorCode::invalid_argument,
                   "taps, " + found);
    expect_refusal(LongConvPlan::create({.channels = bad, .samples = 1, .taps = 1}),
                   ErrorCode::invalid_argument, "channels, " + found);
  }
}

// Memory beside the operands is that of a window, however long the row.
TEST(LongConvInput, AnHourIsCutIntoWindows) {
  const auto plan = long_plan({.samples = 57'600'000, .taps = 65536});
  EXPECT_LT(plan->layout().window, 1 << 21);
  EXPECT_GE(plan->layout().blocks * plan->layout().step, 57'600'000);
}

TEST(LongConvInput, MethodsThatCannot) {
  expect_refusal(
      LongConvPlan::create({.samples = 5000, .taps = 1025, .method = LongConvMethod::direct}),
      ErrorCode::unsupported, "1025 taps");
  expect_refusal(
      LongConvPlan::create({.samples = 1 << 24, .taps = 1 << 24, .method = LongConvMethod::fft}),
      ErrorCode::unsupported, "16777216 samples");
}

TEST(LongConvInput, Filters) {
  const auto plan = long_plan({.channels = 3, .samples = 100, .taps = 10});
  const auto create = [&](std::ptrdiff_t channels, std::ptrdiff_t taps, float value = 0) {
    Tensor<float, 2> k({channels, taps});
    if (channels > 0 && taps > 0) k.view()[channels - 1][taps - 1] = value;
    return LongConvFilter::create(plan, k.view());
  };
  EXPECT_TRUE(create(3, 10));
  EXPECT_TRUE(create(1, 1));
  expect_refusal(create(3, 0), ErrorCode::invalid_argument, "1 to 10 taps, found 0");
  expect_refusal(create(3, 11), ErrorCode::invalid_argument, "1 to 10 taps, found 11");
  expect_refusal(create(0, 10), ErrorCode::invalid_argument, "found 0");
  expect_refusal(create(2, 10), ErrorCode::invalid_argument, "3 channels, or one for all, found 2");
  expect_refusal(create(3, 10, kNan), ErrorCode::invalid_argument,
                 "channel 2 has a tap that is not");
}

TEST(LongConvInput, Operands) {
  const auto plan = long_plan({.channels = 2, .samples = 64, .taps = 3});
  const auto ring = long_plan({.channels = 2, .samples = 64, .taps = 3, .circular = true});
  Operand k(1, 2, 3, 1);
  auto conv = long_conv(plan, k.rows()), circular = long_conv(ring, k.rows());
  Operand right(4, 2, 64, 1), channels(4, 3, 64, 1), longer(4, 2, 65, 1), shorter(4, 2, 63, 1);
  EXPECT_TRUE(conv.process(right.view(), right.view()));
  expect_refusal(conv.process(channels.view(), channels.view()), ErrorCode::invalid_argument,
                 "expected [lane][2][up to 64], found [4][3][64]");
  expect_refusal(conv.process(longer.view(), longer.view()), ErrorCode::invalid_argument,
                 "[4][2][65]");
  expect_refusal(conv.process(right.view(), shorter.view()), ErrorCode::invalid_argument,
                 "results of the shape [4][2][64], found [4][2][63]");
  expect_refusal(conv.process(right.view(), right.view(), {shorter.view(), {}}),
                 ErrorCode::invalid_argument, "gates");
  EXPECT_TRUE(conv.process(shorter.view(), shorter.view()));
  expect_refusal(circular.process(shorter.view(), shorter.view()), ErrorCode::invalid_argument,
                 "expected [lane][2][64], found [4][2][63]");
}

// A gate may be repeated for every lane and channel, not for every sample.
TEST(LongConvInput, StridesOfGates) {
  Operand k(1, 1, 9, 1), u(3, 2, 300, 2), y(3, 2, 300, 3), row(1, 1, 300, 4), full(3, 2, 300, 5);
  auto conv = long_conv(long_plan({.channels = 2, .samples = 300, .taps = 9}), k.rows());
  const TensorView<const float, 3> repeated(row.view().data(), {3, 2, 300}, {0, 0, 1});
  for (std::ptrdiff_t lane = 0; lane < 3; ++lane)
    for (std::ptrdiff_t channel = 0; channel < 2; ++channel)
      std::ranges::copy(row.view()[0][0].span(), full.view()[lane][channel].data());
  ASSERT_TRUE(conv.process(u.view(), y.view(), {repeated, repeated}));
  const Definition wanted(k.rows(), u.view(), false, {full.view(), full.view()});
  EXPECT_GT(wanted.snr_of(y.view()), 120);
  const TensorView<const float, 3> one(row.view().data(), {3, 2, 300}, {0, 0, 0});
  const TensorView<const float, 3> thinned(u.view().data(), {3, 2, 150}, {600, 300, 2});
  for (const LongConvGates& gates : {LongConvGates{one, {}}, LongConvGates{{}, one}})
    expect_refusal(conv.process(u.view(), y.view(), gates), ErrorCode::invalid_argument,
                   "samples that follow each other, found one in 0");
  expect_refusal(conv.process(thinned, y.view().slice(2, 0, 150)), ErrorCode::invalid_argument,
                 "found one in 2");
}

TEST(LongConvInput, ThreadsAndOtherPlans) {
  const auto plan = long_plan({.samples = 64, .taps = 3});
  Operand k(1, 1, 3, 1);
  auto filter = LongConvFilter::create(plan, k.rows());
  for (const int threads : {0, -1, 257})
    expect_refusal(LongConv::open(*filter, threads), ErrorCode::invalid_argument,
                   "1 to 256 threads");
  auto conv = long_conv(long_plan({.samples = 64, .taps = 3}), k.rows());
  expect_refusal(conv.use(*filter), ErrorCode::invalid_argument, "another plan");
}

}  // namespace
}  // namespace limpid::dsp
