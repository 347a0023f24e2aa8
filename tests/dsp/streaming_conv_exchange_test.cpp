// SPDX-License-Identifier: MIT
// Filters exchanged while audio runs: exact before and after, no click in between, freed elsewhere.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "lib/dsp/streaming_conv_exchange.h"
#include "tests/dsp/streaming_conv_fixture.h"
#include "tests/support/realtime_guard.h"

namespace limpid::dsp {
namespace {

constexpr double kExact = 1e-5;  // of peak

struct Case {
  std::ptrdiff_t taps;
  bool zero_latency;
};

class ConvExchange : public testing::TestWithParam<Case> {
 protected:
  ConvSpec spec() const {
    ConvSpec made;
    made.max_taps = GetParam().taps;
    made.block = 64;
    made.zero_latency = GetParam().zero_latency;
    made.fade = 600;
    return made;
  }
};

INSTANTIATE_TEST_SUITE_P(Forms, ConvExchange,
                         testing::Values(Case{40, false}, Case{700, false}, Case{700, true},
                                         Case{9000, false}, Case{9000, true}),
                         [](const auto& form) {
                           return std::to_string(form.param.taps) +
                                  (form.param.zero_latency ? "_zero_latency" : "");
                         });

TEST_P(ConvExchange, ExactBeforeAndAfter) {
  const auto plan = plan_of(spec());
  const auto before = response(1, spec().max_taps, 1);
  const auto after = response(1, spec().max_taps / 2, 2);  // another length too
  StreamingConv stream = stream_of(filter_of(plan, before));
  constexpr std::ptrdiff_t kSwap = 10007;
  const std::ptrdiff_t settled = kSwap + stream.exchange_samples(), samples = settled + 5000;
  const auto in = test::noise(1, samples);
  Tensor<float, 2> out({1, samples});
  stream.process(in.view().slice(1, 0, kSwap), out.view().slice(1, 0, kSwap));
  ASSERT_TRUE(stream.exchange(filter_of(plan, after)));
  stream.process(in.view().slice(1, kSwap, samples - kSwap),
                 out.view().slice(1, kSwap, samples - kSwap));
  const AudioView<const float> early = out.view().slice(1, 0, kSwap);
  EXPECT_LT(error_to_direct(spec(), before.view(), in.view(), early, stream.latency(), 23), kExact);
  EXPECT_LT(
      error_to_direct(spec(), after.view(), in.view(), out.view(), stream.latency(), 7, settled),
      kExact);
  EXPECT_GT(
      error_to_direct(spec(), before.view(), in.view(), out.view(), stream.latency(), 7, settled),
      0.1);
}

TEST_P(ConvExchange, TheSameFilterAgainIsNotHeard) {
  const auto plan = plan_of(spec());
  const auto h = response(1, spec().max_taps);
  StreamingConv stream = stream_of(filter_of(plan, h));
  const auto in = test::noise(1, 30000);
  Tensor<float, 2> out({1, 30000});
  for (std::ptrdiff_t at = 0; at < 30000; at += 1000) {
    ASSERT_TRUE(stream.exchange(filter_of(plan, h)));
    stream.process(in.view().slice(1, at, 1000), out.view().slice(1, at, 1000));
  }
  EXPECT_LT(error_to_direct(spec(), h.view(), in.view(), out.view(), stream.latency(), 23), kExact);
}

// Reset while filters fade: all begins again, the exchange too.
TEST_P(ConvExchange, ResetDuringAFadeBeginsItAgain) {
  const auto plan = plan_of(spec());
  const auto before = filter_of(plan, response(1, spec().max_taps, 1));
  const auto after = filter_of(plan, response(1, spec().max_taps, 2));
  StreamingConv stream = stream_of(before), fresh = stream_of(before);
  const auto in = test::noise(1, 30000);
  run(stream, in.view().slice(1, 0, 2048), {2048});
  ASSERT_TRUE(stream.exchange(after));
  run(stream, in.view().slice(1, 2048, 600), {600});  // within the fades of up to 512 samples
  stream.reset();
  ASSERT_TRUE(fresh.exchange(after));
  const auto again = run(stream, in.view(), {30000}), first = run(fresh, in.view(), {30000});
  for (std::ptrdiff_t t = 0; t < 30000; ++t) ASSERT_EQ(again.view()[0][t], first.view()[0][t]) << t;
}

// A constant through filters whose gains are 1 and -1: the output glides from one to the other.
TEST_P(ConvExchange, NoClick) {
  const auto plan = plan_of(spec());
  Tensor<float, 2> up({1, spec().max_taps}), down({1, spec().max_taps});
  for (std::ptrdiff_t i = 0; i < spec().max_taps; ++i) {
    up.view()[0][i] = 1 / static_cast<float>(spec().max_taps);
    down.view()[0][i] = -up.view()[0][i];
  }
  StreamingConv stream = stream_of(filter_of(plan, up));
  Tensor<float, 2> ones({1, 60000}), out({1, 60000});
  std::ranges::fill(ones.view()[0].span(), 1.0f);
  stream.process(ones.view().slice(1, 0, 20000), out.view().slice(1, 0, 20000));
  ASSERT_TRUE(stream.exchange(filter_of(plan, down)));
  stream.process(ones.view().slice(1, 20000, 40000), out.view().slice(1, 20000, 40000));
  EXPECT_NEAR(out.view()[0][19999], 1, 1e-5);
  EXPECT_NEAR(out.view()[0][59999], -1, 1e-5);
  float steepest = 0;
  for (std::ptrdiff_t t = 20000; t < 60000; ++t)
    steepest = std::max(steepest, std::abs(out.view()[0][t] - out.view()[0][t - 1]));
  EXPECT_LT(steepest, 1.01f * 2 / 512);  // 600 samples, rounded down to blocks of up to 512
}

TEST(FilterExchange, FreesWhatTheAudioThreadHasLeft) {
  ConvSpec spec;
  spec.max_taps = 1000;
  const auto plan = plan_of(spec);
  FilterExchange exchange(filter_of(plan, response(1, 10)));
  std::vector<std::weak_ptr<const ConvFilter>> offered;
  for (int i = 0; i < 10; ++i) {
    auto filter = filter_of(plan, response(1, 10));
    offered.emplace_back(filter);
    exchange.offer(std::move(filter));
    if (i % 3 == 0) exchange.wanted();
    if (i % 3 == 1) exchange.settled();
  }
  EXPECT_LE(exchange.kept(), 4u);
  test::expect_realtime([&] {
    exchange.wanted();
    exchange.settled();
    exchange.wanted();
    exchange.settled();
  });
  exchange.offer(filter_of(plan, response(1, 10)));
  EXPECT_EQ(exchange.kept(), 2u);  // the active one and the new one
  for (std::size_t i = 0; i + 1 < offered.size(); ++i) EXPECT_TRUE(offered[i].expired()) << i;
  EXPECT_EQ(exchange.active(), offered.back().lock().get());
}

TEST(ConvExchangeThreads, AnAudioThreadNeverSeesAFreedFilter) {
  ConvSpec spec;
  spec.max_taps = 600;
  spec.block = 16, spec.fade = 0;
  const auto plan = plan_of(spec);
  StreamingConv stream = stream_of(filter_of(plan, response(1, 600)));
  std::atomic<bool> done{false};
  std::thread audio([&] {
    const auto in = test::noise(1, 64);
    Tensor<float, 2> out({1, 64});
    while (!done.load()) stream.process(in.view(), out.view());
  });
  for (unsigned i = 0; i < 300; ++i)
    EXPECT_TRUE(stream.exchange(filter_of(plan, response(1, 600, i))));
  done = true;
  audio.join();
}

TEST(FilterExchange, FiltersOfOtherPlansAreRefused) {
  ConvSpec spec;
  spec.max_taps = 100;
  StreamingConv stream = stream_of(filter_of(plan_of(spec), response(1, 100)));
  const Status status = stream.exchange(filter_of(plan_of(spec), response(1, 100)));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace limpid::dsp
