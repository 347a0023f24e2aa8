// SPDX-License-Identifier: MIT
// StreamingConv and LongConv are one operation, live and offline; and a live one that was cut for
// this machine is still the same.
#include "lib/dsp/long_conv.h"
#include "lib/dsp/measured_costs.h"
#include "tests/dsp/streaming_conv_fixture.h"

namespace limpid::dsp {
namespace {

constexpr std::ptrdiff_t kLanes = 2, kChannels = 3, kSamples = 50000;

Tensor<float, 2> offline(const Tensor<float, 2>& in, const Tensor<float, 2>& taps) {
  Tensor<float, 2> out({in.extent(0), in.extent(1)});
  const auto plan = LongConvPlan::create(
      {.channels = kChannels, .samples = in.extent(1), .taps = taps.extent(1)});
  const auto filter = LongConvFilter::create(*plan, taps.view());
  auto conv = LongConv::open(*filter);
  const Shape<3> shape{kLanes, kChannels, in.extent(1)};
  EXPECT_TRUE(conv->process({in.view().data(), shape}, {out.view().data(), shape}));
  return out;
}

// The largest difference to `whole` from sample `from` on, as a share of its peak.
double difference(AudioView<const float> live, AudioView<const float> whole, std::int64_t latency,
                  std::ptrdiff_t from = 0) {
  double worst = 0, peak = 0;
  for (std::ptrdiff_t row = 0; row < whole.extent(0); ++row)
    for (std::ptrdiff_t t = from; t + latency < from + live.extent(1); ++t) {
      worst = std::max(worst, std::abs(double{whole[row][t]} - live[row][t - from + latency]));
      peak = std::max(peak, std::abs(double{whole[row][t]}));
    }
  return worst / peak;
}

TEST(StreamingTwin, LiveIsOfflineLaterByTheLatency) {
  const auto in = test::noise(kLanes * kChannels, kSamples);
  for (const std::ptrdiff_t taps : {30, 700, 20000}) {
    const auto h = response(kChannels, taps);
    const auto whole = offline(in, h);
    auto live = stream_of(filter_of(plan_of(conv_per_channel(kChannels, taps, 128)), h), kLanes);
    const auto out = run(live, in.view(), test::awkward_blocks(kSamples, 3));
    EXPECT_LT(difference(out.view(), whole.view(), live.latency()), 1e-5) << taps;
  }
}

TEST(StreamingTwin, HistoryOfflineThenLive) {
  const std::ptrdiff_t taps = 20000, past = 31234;
  const auto in = test::noise(kLanes * kChannels, kSamples);
  const auto h = response(kChannels, taps);
  const auto whole = offline(in, h);
  auto live = stream_of(filter_of(plan_of(conv_per_channel(kChannels, taps, 128)), h), kLanes);
  live.prefill(in.view().slice(1, 0, past));
  const auto out = run(live, in.view().slice(1, past, kSamples - past), {kSamples - past});
  EXPECT_LT(difference(out.view(), whole.view(), live.latency(), past), 1e-5);
}

TEST(StreamingTwin, CutByWhatThisMachineMeasured) {
  const ConvCosts costs = measure_conv_costs();
  for (int bits = ConvCosts::kSmallest; bits <= ConvCosts::kLargest; ++bits)
    EXPECT_GT(costs.transforms[static_cast<std::size_t>(bits)], 0);
  EXPECT_GT(costs.multiply, 0);
  EXPECT_GT(costs.direct, 0);
  const auto in = test::noise(kLanes * kChannels, kSamples);
  const auto h = response(kChannels, 9000);
  ConvSpec spec = conv_per_channel(kChannels, 9000, 64);
  spec.costs = costs;
  auto live = stream_of(filter_of(plan_of(spec), h), kLanes);
  const auto out = run(live, in.view(), {kSamples});
  EXPECT_LT(difference(out.view(), offline(in, h).view(), live.latency()), 1e-5);
}

}  // namespace
}  // namespace limpid::dsp
