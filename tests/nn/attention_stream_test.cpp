// SPDX-License-Identifier: MIT
// Acceptance tests T4 to T6 of attention: streams equal whole sequences under any chunking, stay
// exact after ten million frames, in memory that never grows.
#include "lib/nn/attention_stream.h"

#include <gtest/gtest.h>

#include "tests/nn/naive_attention.h"
#include "tests/support/realtime_guard.h"

namespace limpid::nn {
namespace {

constexpr std::int64_t kMany = 10'000'000;

double largest_difference(TensorView<const float, 3> a, TensorView<const float, 3> b) {
  double difference = 0;
  for (std::ptrdiff_t lane = 0; lane < a.extent(0); ++lane)
    for (std::ptrdiff_t t = 0; t < a.extent(1); ++t)
      for (std::ptrdiff_t i = 0; i < a.extent(2); ++i)
        difference = std::max(difference, std::abs(double{a[lane][t][i]} - b[lane][t][i]));
  return difference;
}

// Errors are relative to it where values exceed one.
template <class T>
double peak(const Tensor<T, 3>& y) {
  double peak = 1;
  for (std::ptrdiff_t i = 0; i < y.extent(0) * y.extent(1) * y.extent(2); ++i)
    peak = std::max(peak, std::abs(double{y.view().data()[i]}));
  return peak;
}

// An operation with a stream of it.
struct Fixture {
  explicit Fixture(const AttentionConfig& config, int lane_count = 1)
      : lanes(lane_count),
        data(attention_case(config)),
        attention(*Attention::create(data.config, data.parameters())),
        stream(*AttentionStream::open(arena, attention, lane_count)) {}

  Tensor<float, 3> room(std::ptrdiff_t frames) const {
    const AttentionConfig& c = attention.config();
    return Tensor<float, 3>({lanes, frames, c.heads * c.value_width});
  }
  Tensor<float, 3> whole(const AttentionData& in) const {
    auto y = room(in.input().q.extent(1));
    EXPECT_TRUE(attention.run(in.input(), y.view()).ok());
    return y;
  }
  // Chunks of these lengths in turn.
  Tensor<float, 3> streamed(const AttentionData& in, const std::vector<int>& chunks) {
    const std::ptrdiff_t frames = in.input().q.extent(1);
    auto y = room(frames);
    std::size_t turn = 0;
    for (std::ptrdiff_t t = 0; t < frames;) {
      const std::ptrdiff_t count =
          std::min<std::ptrdiff_t>(chunks[turn++ % chunks.size()], frames - t);
      stream.process(in.part(t, count), y.view().slice(1, t, count));
      t += count;
    }
    return y;
  }

  int lanes;
  AttentionCase data;
  Attention attention;
  Arena arena;
  AttentionStream stream;
};

// Every kind with a window, with each kind of positions, some with sinks, shared keys or gates.
std::vector<AttentionConfig> windows() {
  std::vector<AttentionConfig> all;
  for (const auto kind : kAttentionKinds) {
    const bool linear = kind == AttentionKind::linear_decay;
    all.push_back({.kind = kind, .heads = 2, .width = 8, .past = 99});
    all.push_back({.kind = kind,
                   .heads = 4,
                   .kv_heads = 2,
                   .width = 6,
                   .value_width = 5,
                   .past = 36,
                   .position = AttentionPosition::rotary,
                   .gate = AttentionGate::element});
    if (linear) {
      all.push_back({.kind = kind,
                     .heads = 4,
                     .kv_heads = 2,
                     .width = 12,
                     .position = AttentionPosition::rotary,
                     .gate = AttentionGate::head});
      continue;
    }
    all.push_back({.kind = kind,
                   .heads = 2,
                   .width = 8,
                   .past = 64,
                   .position = AttentionPosition::alibi,
                   .gate = AttentionGate::head});
    all.push_back({.kind = kind,
                   .heads = 2,
                   .width = 8,
                   .past = 40,
                   .sinks = 3,
                   .position = AttentionPosition::rotary});
  }
  return all;
}

TEST(AttentionT4, StreamEqualsWholeSequenceInAnyChunking) {
  for (const auto& config : windows()) {
    Fixture f(config, 2);
    const AttentionData in(f.attention.config(), 2, 300);
    const auto whole = f.whole(in);
    for (const auto& chunks : {std::vector{1}, {7}, {64}, {300}, {3, 129, 1, 66}}) {
      f.stream.reset();
      const auto streamed = f.streamed(in, chunks);
      EXPECT_LE(largest_difference(streamed.view(), whole.view()), 1e-5 * peak(whole))
          << describe(f.attention.config()) << ", chunks of " << chunks[0];
    }
  }
}

// A state that remembers for 2048 frames, the floor of lightning_slopes, adds up what is rounded
// away: 30 000 frames one by one must round as a whole sequence does.
TEST(AttentionT4, SlowDecayDoesNotDriftFromTheWholeSequence) {
  constexpr int kFrames = 30000;
  const std::vector<float> slopes(1, 1.0f / 2048);
  const auto attention = *Attention::create(
      {.kind = AttentionKind::linear_decay, .heads = 1, .width = 4}, {.slopes = slopes});
  Arena arena;
  auto stream = *AttentionStream::open(arena, attention, 1);
  Tensor<float, 3> ones({1, kFrames, 4}), whole({1, kFrames, 4}), y({1, kFrames, 4});
  std::fill_n(ones.view().data(), 4 * kFrames, 1.0f);
  ASSERT_TRUE(attention.run({ones.view(), ones.view(), ones.view(), {}}, whole.view()).ok());
  for (std::ptrdiff_t t = 0; t < kFrames; ++t) {
    const auto one = ones.view().slice(1, t, 1);
    stream.process({one, one, one, {}}, y.view().slice(1, t, 1));
  }
  EXPECT_LE(largest_difference(y.view(), whole.view()), 1e-5 * peak(whole));
}

TEST(AttentionT4, TheNumberOfTheFirstFrameChangesNothing) {
  for (const auto& config : windows()) {
    Fixture f(config, 2);
    const AttentionConfig& c = f.attention.config();
    const AttentionData before(c, 2, 100, 5), in(c, 2, 200);
    const auto whole = f.whole(in);
    f.streamed(before, {9});
    f.stream.reset(kMany - 150);  // within a block
    const auto streamed = f.streamed(in, {5});
    EXPECT_LE(largest_difference(streamed.view(), whole.view()), 1e-5 * peak(whole)) << describe(c);
  }
}

TEST(AttentionT4, StreamMatchesTheDefinition) {
  for (const auto& config : windows()) {
    Fixture f(config);
    const AttentionData in(f.attention.config(), 1, 170);
    const auto streamed = f.streamed(in, {5});
    const auto expected = NaiveAttention(f.data, f.attention).run(in.input());
    for (std::ptrdiff_t i = 0; i < AttentionData::size(streamed); ++i)
      ASSERT_NEAR(streamed.view().data()[i], expected.view().data()[i], 1e-5 * peak(expected))
          << describe(f.attention.config());
  }
}

TEST(AttentionT4, TheFutureChangesNothing) {
  for (const auto& config : windows()) {
    const Fixture f(config);
    AttentionData in(f.attention.config(), 1, 200);
    const auto before = f.whole(in);
    const std::ptrdiff_t now = 130;
    for (auto x : {in.q(), in.k(), in.v()})
      for (std::ptrdiff_t t = now + 1; t < 200; ++t)
        for (float& value : x[0][t].span()) value = -3 * value + 1;
    const auto after = f.whole(in);
    EXPECT_EQ(
        largest_difference(before.view().slice(1, 0, now + 1), after.view().slice(1, 0, now + 1)),
        0)
        << describe(f.attention.config());
    EXPECT_GT(largest_difference(before.view(), after.view()), 0.01);
  }
}

TEST(AttentionT5, AfterTenMillionFramesOnlyTheWindowCounts) {
  for (const auto& config : windows()) {
    if (config.sinks > 0) continue;  // they are remembered too: next test
    Fixture old(config), fresh(config);
    const AttentionConfig& c = old.attention.config();
    // A state of slope 1/256 has forgotten all but e^-31 in this time.
    const int window = old.attention.keeps_state() ? 8000 : static_cast<int>(c.past) + 1;
    const AttentionData past(c, 1, 150, 5), in(c, 1, window + 30, 6);
    old.stream.reset(kMany - 150);
    old.streamed(past, {64});
    ASSERT_EQ(old.stream.frame(), kMany);
    const auto y = old.streamed(in, {64}), expected = fresh.streamed(in, {64});
    EXPECT_LE(largest_difference(y.view().slice(1, window - 1, 31),
                                 expected.view().slice(1, window - 1, 31)),
              1e-5 * peak(expected))
        << describe(c);
  }
}

TEST(AttentionT5, SinksKeepTheirPlaceInFrontOfTheWindowForEver) {
  for (const auto kind : {AttentionKind::softmax, AttentionKind::sigmoid})
    for (const auto position : {AttentionPosition::rotary, AttentionPosition::alibi}) {
      const AttentionConfig config{
          .kind = kind, .heads = 2, .width = 8, .past = 40, .sinks = 4, .position = position};
      Fixture old(config), fresh(config);
      const AttentionConfig& c = old.attention.config();
      const AttentionData sinks(c, 1, 4, 1), between(c, 1, 777, 2), window(c, 1, 60, 3);
      old.stream.reset(kMany);
      for (const AttentionData* part : {&sinks, &between}) old.streamed(*part, {64});
      fresh.streamed(sinks, {64});
      const auto y = old.streamed(window, {1}), expected = fresh.streamed(window, {1});
      EXPECT_LE(largest_difference(y.view().slice(1, 40, 20), expected.view().slice(1, 40, 20)),
                1e-5)
          << describe(c);
      // The test can fail: other sinks make a difference.
      Fixture other(config);
      other.streamed(AttentionData(c, 1, 4, 9), {64});
      const auto changed = other.streamed(window, {1});
      EXPECT_GT(
          largest_difference(changed.view().slice(1, 40, 20), expected.view().slice(1, 40, 20)),
          1e-3);
    }
}

TEST(AttentionT5, StateOfLinearDecayConvergesToItsGeometricSum) {
  const std::vector<float> slopes(1, 1.0f / 256);
  const auto attention = Attention::create(
      {.kind = AttentionKind::linear_decay, .heads = 1, .width = 1}, {.slopes = slopes});
  ASSERT_TRUE(attention.ok());
  Arena arena;
  auto stream = *AttentionStream::open(arena, *attention, 1);
  Tensor<float, 3> ones({1, 8192, 1}), y({1, 8192, 1});
  std::fill_n(ones.view().data(), 8192, 1.0f);
  stream.process({ones.view(), ones.view(), ones.view(), {}}, y.view());
  const double limit = 1 / (1 - std::exp(-1.0 / 256));  // 256.5
  EXPECT_NEAR(y.view()[0][8191][0] / limit, 1, 1e-4);
}

TEST(AttentionT5, NeverAllocatesAndNeverGrows) {
  for (const auto& config : windows()) {
    Fixture f(config);
    const AttentionData in(f.attention.config(), 1, 200);
    auto y = f.room(200);
    const std::size_t used = f.arena.used();
    test::expect_realtime([&] {
      f.stream.reset(kMany);
      for (std::ptrdiff_t t = 0; t < 200; t += 8)
        f.stream.process(in.part(t, 8), y.view().slice(1, t, 8));
    });
    EXPECT_EQ(f.arena.used(), used);
  }
}

TEST(AttentionT5, RefusesToStreamWhatNeedsUnboundedMemoryOrTheFuture) {
  Arena arena;
  for (const auto& [config, about] :
       {std::pair{AttentionConfig{.heads = 1, .width = 4}, "window"},
        std::pair{AttentionConfig{.heads = 1, .width = 4, .past = 5, .future = 1}, "future"}}) {
    const auto attention = Attention::create(config);
    ASSERT_TRUE(attention.ok());
    const auto stream = AttentionStream::open(arena, *attention, 1);
    ASSERT_FALSE(stream.ok());
    EXPECT_EQ(stream.error().code, ErrorCode::unsupported);
    EXPECT_NE(stream.error().message.find(about), std::string::npos);
  }
}

// T6: the block form, the recurrence and the definition, on lengths that no block likes.
TEST(AttentionT6, BlocksRecurrenceAndDefinitionOfLinearDecayAgree) {
  for (const int frames : {1, 63, 64, 65, 513, 913, 1213}) {
    const AttentionConfig config{
        .kind = AttentionKind::linear_decay, .heads = 2, .width = 16, .value_width = 11};
    Fixture f(config);
    const AttentionData in(f.attention.config(), 1, frames, 3, 0.5f);
    const auto blocks = f.whole(in), recurrence = f.streamed(in, {1});
    AttentionConfig limited = f.data.config;
    limited.past = frames;  // keys and values instead of a state
    const auto quadratic = Attention::create(limited, f.data.parameters());
    ASSERT_TRUE(quadratic.ok() && !quadratic->keeps_state());
    auto masked = f.room(frames);
    ASSERT_TRUE(quadratic->run(in.input(), masked.view()).ok());
    const auto expected = NaiveAttention(f.data, f.attention).run(in.input());
    const double slack = 1e-5 * peak(expected);
    for (std::ptrdiff_t i = 0; i < AttentionData::size(blocks); ++i) {
      const double wanted = expected.view().data()[i];
      ASSERT_NEAR(blocks.view().data()[i], wanted, slack) << frames;
      ASSERT_NEAR(recurrence.view().data()[i], wanted, slack) << frames;
      ASSERT_NEAR(masked.view().data()[i], wanted, slack) << frames;
    }
  }
}

}  // namespace
}  // namespace limpid::nn
