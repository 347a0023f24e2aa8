// SPDX-License-Identifier: MIT
// A streaming convolution is the convolution: any filter length, any calls, routes and lanes.
#include "lib/dsp/streaming_conv.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/dsp/streaming_conv_fixture.h"
#include "tests/support/realtime_guard.h"

namespace limpid::dsp {
namespace {

constexpr double kExact = 1e-5;  // of peak

TEST(StreamingConv, IsTheConvolutionForAnyLengthAndCalls) {
  for (const bool zero_latency : {false, true})
    for (const int block : {16, 64, 100, 480})
      for (const std::ptrdiff_t taps : {1, 2, 15, 63, 64, 65, 500, 1000, 4321, 9000}) {
        ConvSpec spec;
        spec.max_taps = taps;
        spec.block = block;
        spec.zero_latency = zero_latency;
        const auto h = response(1, taps);
        StreamingConv stream = stream_of(filter_of(plan_of(spec), h));
        ASSERT_LE(stream.latency(), zero_latency ? 0 : block);
        const std::ptrdiff_t samples = 2 * taps + 3000;
        const auto in = test::noise(1, samples);
        const auto out = run(stream, in.view(), test::awkward_blocks(samples, 7));
        ASSERT_LT(error_to_direct(spec, h.view(), in.view(), out.view(), stream.latency(),
                                  1 + taps / 300),
                  kExact)
            << taps << " taps, block " << block << (zero_latency ? ", zero latency" : "");
      }
}

TEST(StreamingConv, LongFiltersOfManyStages) {
  ConvSpec spec;
  spec.max_taps = 150000;
  const auto h = response(1, spec.max_taps);
  StreamingConv stream = stream_of(filter_of(plan_of(spec), h));
  ASSERT_GE(plan_of(spec)->partition().stages.size(), 3u);
  const auto in = test::noise(1, 400000);
  const auto out = run(stream, in.view(), test::awkward_blocks(400000, 3));
  EXPECT_LT(error_to_direct(spec, h.view(), in.view(), out.view(), stream.latency(), 1009), kExact);
}

TEST(StreamingConv, RoutesAndLanes) {
  ConvSpec spec;  // two in, three out, one of the four filters used twice
  spec.max_taps = 3000;
  spec.inputs = 2, spec.outputs = 3, spec.filters = 4;
  spec.routes = {{0, 0, 0}, {1, 0, 1}, {0, 1, 2}, {1, 2, 3}, {0, 2, 3}};
  const auto h = response(4, 3000);
  for (const bool zero_latency : {false, true}) {
    spec.zero_latency = zero_latency;
    StreamingConv stream = stream_of(filter_of(plan_of(spec), h), 2);
    ASSERT_EQ(stream.inputs(), 4);
    ASSERT_EQ(stream.outputs(), 6);
    const auto in = test::noise(4, 9000);
    const auto out = run(stream, in.view(), test::awkward_blocks(9000, 5));
    EXPECT_LT(error_to_direct(spec, h.view(), in.view(), out.view(), stream.latency(), 31), kExact);
  }
}

TEST(StreamingConv, OneFilterForAllChannelsInPlace) {
  const ConvSpec spec = conv_per_channel(3, 2500, 128, true);
  const auto h = response(1, 2500);
  StreamingConv stream = stream_of(filter_of(plan_of(spec), h));
  const auto in = test::noise(3, 6000);
  auto audio = test::noise(3, 6000);
  for (const std::ptrdiff_t at : {0, 1000, 3500})
    stream.process(audio.view().slice(1, at, at == 0 ? 1000 : 2500),
                   audio.view().slice(1, at, at == 0 ? 1000 : 2500));
  EXPECT_LT(error_to_direct(spec, h.view(), in.view(), audio.view(), stream.latency(), 31), kExact);
}

TEST(StreamingConv, TailIsFlushed) {
  for (const std::ptrdiff_t taps : {20, 5000}) {
    ConvSpec spec;
    spec.max_taps = taps;
    const auto h = response(1, taps);
    StreamingConv stream = stream_of(filter_of(plan_of(spec), h));
    auto in = test::noise(1, 1000 + stream.tail() + 500);
    std::ranges::fill(in.view()[0].span().subspan(1000), 0.0f);
    Tensor<float, 2> out({1, in.extent(1)});
    stream.process(in.view().slice(1, 0, 1000), out.view().slice(1, 0, 1000));
    stream.flush(out.view().slice(1, 1000, stream.tail() + 500));
    EXPECT_LT(error_to_direct(spec, h.view(), in.view(), out.view(), stream.latency(), 7), kExact);
    EXPECT_GT(std::abs(out.view()[0][999 + stream.tail()]), 0);
  }
}

TEST(StreamingConv, PrefillIsAsIfTheHistoryHadBeenStreamed) {
  for (const bool zero_latency : {false, true})
    for (const std::ptrdiff_t history : {0, 100, 5000, 30001}) {
      ConvSpec spec = conv_per_channel(2, 12000, 64);
      spec.zero_latency = zero_latency;
      const auto filter = filter_of(plan_of(spec), response(2, 12000));
      StreamingConv whole = stream_of(filter), filled = stream_of(filter);
      const auto in = test::noise(2, history + 20000);
      const auto expected = run(whole, in.view(), {history + 20000});
      const auto before = test::noise(2, 3000, 9);  // must be forgotten
      run(filled, before.view(), {3000});
      const double flops = filled.flops();
      filled.prefill(in.view().slice(1, 0, history));
      EXPECT_LT(filled.flops() - flops, whole.flops());
      const auto found = run(filled, in.view().slice(1, history, 20000), {137, 19863});
      for (std::ptrdiff_t c = 0; c < 2; ++c)
        for (std::ptrdiff_t t = 0; t < 20000; ++t)
          ASSERT_EQ(found.view()[c][t], expected.view()[c][history + t]) << history << " " << t;
    }
}

TEST(StreamingConv, ResetForgets) {
  ConvSpec spec;
  spec.max_taps = 6000;
  StreamingConv stream = stream_of(filter_of(plan_of(spec), response(1, 6000)));
  const auto in = test::noise(1, 15001);
  const auto first = run(stream, in.view(), {15001});
  stream.reset();
  const auto second = run(stream, in.view(), {1, 15000});
  for (std::ptrdiff_t t = 0; t < 15001; ++t) ASSERT_EQ(first.view()[0][t], second.view()[0][t]);
}

// At steady blocks no call does more than twice the mean.
TEST(StreamingConv, WorkIsSpreadEvenly) {
  for (const int block : {64, 128, 256})
    for (const std::ptrdiff_t taps : {1000, 4096, 16384, 65536, 262144, 1048576}) {
      ConvSpec spec;
      spec.max_taps = taps;
      spec.block = block;
      StreamingConv stream = stream_of(filter_of(plan_of(spec), response(1, taps)));
      const auto largest = plan_of(spec)->partition().stages.back().block;
      const std::ptrdiff_t calls = 3 * std::ptrdiff_t{largest} / block;
      const auto in = test::noise(1, block);
      Tensor<float, 2> out({1, block});
      double worst = 0, before = 0;
      const std::ptrdiff_t warm_up = largest / block;
      for (std::ptrdiff_t call = 0; call < warm_up + calls; ++call) {
        if (call == warm_up) worst = 0, before = stream.flops();
        const double flops = stream.flops();
        stream.process(in.view(), out.view());
        worst = std::max(worst, stream.flops() - flops);
      }
      const double mean = (stream.flops() - before) / static_cast<double>(calls);
      EXPECT_LE(worst, 2 * mean) << taps << " taps, block " << block;
    }
}

TEST(StreamingConv, AllocatesAndLocksNothing) {
  for (const bool zero_latency : {false, true})
    for (const std::ptrdiff_t taps : {40, 1000, 50000}) {
      ConvSpec spec = conv_per_channel(2, taps, 128);
      spec.zero_latency = zero_latency;
      const auto plan = plan_of(spec);
      StreamingConv stream = stream_of(filter_of(plan, response(2, taps)));
      const auto in = test::noise(2, 20000);
      Tensor<float, 2> out({2, 20000});
      ASSERT_TRUE(stream.exchange(filter_of(plan, response(2, taps, 2))));
      test::expect_realtime([&] {
        stream.process(in.view(), out.view());
        stream.flush(out.view());
        stream.prefill(in.view());
        stream.reset();
      });
    }
}

TEST(StreamingConv, NonFiniteSamplesAreSilenceAndCounted) {
  ConvSpec spec;
  spec.max_taps = 3000;
  const auto h = response(1, 3000);
  StreamingConv stream = stream_of(filter_of(plan_of(spec), h));
  auto in = test::noise(1, 8000);
  in.view()[0][100] = std::numeric_limits<float>::quiet_NaN();
  in.view()[0][200] = std::numeric_limits<float>::infinity();
  const auto out = run(stream, in.view(), {8000});
  EXPECT_EQ(stream.repaired(), 2u);
  in.view()[0][100] = in.view()[0][200] = 0;
  EXPECT_LT(error_to_direct(spec, h.view(), in.view(), out.view(), stream.latency(), 11), kExact);
}

void expect_invalid(const ConvSpec& spec, const char* message) {
  auto plan = StreamingConvPlan::create(spec);
  ASSERT_FALSE(plan.ok()) << message;
  EXPECT_EQ(plan.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(plan.error().message.find(message), std::string::npos) << plan.error().message;
}

TEST(StreamingConv, BadPlansAreRefused) {
  ConvSpec good;
  good.max_taps = 100;
  ConvSpec spec = good;
  spec.max_taps = 0;
  expect_invalid(spec, "number of taps in 1..2147483647, found 0");
  spec.max_taps = std::int64_t{1} << 31;
  expect_invalid(spec, "found 2147483648");
  spec = good, spec.block = 15;
  expect_invalid(spec, "block size in 16..65536, found 15");
  spec = good, spec.block = 65537;
  expect_invalid(spec, "found 65537");
  for (int ConvSpec::*number : {&ConvSpec::inputs, &ConvSpec::outputs, &ConvSpec::filters}) {
    spec = good, spec.*number = 0;
    expect_invalid(spec, "at least 1");
  }
  spec = good, spec.fade = -1;
  expect_invalid(spec, "the fade at least 0");
  for (const ConvRoute route : {ConvRoute{1, 0, 0}, {0, -1, 0}, {0, 0, 1}}) {
    spec = good, spec.routes = {route};
    expect_invalid(spec, "a route leads from");
  }
}

TEST(StreamingConv, BadFiltersAreRefused) {
  const auto plan = plan_of(conv_per_channel(2, 100, 64));
  const auto refused = [&](const Tensor<float, 2>& taps, const char* message) {
    auto filter = ConvFilter::create(plan, taps.view());
    ASSERT_FALSE(filter.ok()) << message;
    EXPECT_EQ(filter.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(filter.error().message.find(message), std::string::npos) << filter.error().message;
  };
  refused(Tensor<float, 2>({2, 0}), "empty");
  refused(response(3, 100), "expected 2 filters, found 3");
  refused(response(2, 101), "at most 100 taps, found 101");
  auto taps = response(2, 100);
  taps.view()[1][42] = std::numeric_limits<float>::quiet_NaN();
  refused(taps, "tap 42 of filter 1 is not a finite number");
  EXPECT_FALSE(StreamingConv::open(filter_of(plan, response(2, 50)), 0).ok());
  const auto many = StreamingConv::open(filter_of(plan, response(2, 50)), 1 << 30);
  ASSERT_FALSE(many.ok());
  EXPECT_EQ(many.error().code, ErrorCode::out_of_memory);
}

}  // namespace
}  // namespace limpid::dsp
