// SPDX-License-Identifier: MIT
// How audio and video become one sequence: numbers of tokens, orders, and what is known when.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "models/avsr/compress.h"
#include "models/avsr/sequence.h"
#include "tests/support/realtime_guard.h"

namespace limpid::models::avsr {
namespace {

// Frame t is (2 t, 2 t + 1).
Tensor<float, 2> counted(std::ptrdiff_t frames) {
  Tensor<float, 2> x({frames, 2});
  std::iota(x.view().data(), x.view().data() + 2 * frames, 0.0f);
  return x;
}

TEST(AttentionT10, IncompleteGroupsAreDropped) {
  const auto x = counted(101);
  for (const auto how : {Compression::average, Compression::stack}) {
    EXPECT_EQ(compress(how, 5, x.view()).extent(0), 20);
    EXPECT_EQ(compress(how, 102, x.view()).extent(0), 0);
    EXPECT_EQ(compress(how, 1, x.view()).extent(0), 101);
  }
  EXPECT_EQ(recognition_layout(101, 5, 25, 1).size(), 1u + 2 + 20 + 2 + 25 + 1);
}

TEST(AttentionT10, StackedFramesKeepTheirOrder) {
  const auto x = counted(7);
  const auto y = compress(Compression::stack, 3, x.view());
  ASSERT_EQ(y.extent(1), 6);
  for (int token = 0; token < 2; ++token)
    for (int c = 0; c < 6; ++c) EXPECT_EQ(y.view()[token][c], static_cast<float>(6 * token + c));
}

TEST(AttentionT10, AveragesAreMeans) {
  const auto x = counted(7);
  const auto y = compress(Compression::average, 3, x.view());
  for (int token = 0; token < 2; ++token)
    for (int c = 0; c < 2; ++c)
      EXPECT_FLOAT_EQ(y.view()[token][c], static_cast<float>(6 * token + 2 + c));
}

TEST(AttentionT10, CompressorGivesATokenEveryRateFramesAndNeverAllocates) {
  const auto x = counted(50);
  for (const auto how : {Compression::average, Compression::stack}) {
    const auto whole = compress(how, 4, x.view());
    Arena arena;
    Compressor stream(arena, how, 4, 2);
    int tokens = 0, differ = 0;
    const float stray[] = {9, 9};
    test::expect_realtime([&] {
      stream.push(stray);
      stream.reset();  // what was held is forgotten
      for (std::ptrdiff_t t = 0; t < 50; ++t) {
        if (!stream.push(x.view()[t].data())) continue;
        for (std::size_t c = 0; c < stream.token().size(); ++c)
          if (stream.token()[c] != whole.view()[tokens][static_cast<std::ptrdiff_t>(c)]) ++differ;
        ++tokens;
      }
    });
    EXPECT_EQ(tokens, 12);
    EXPECT_EQ(differ, 0);
  }
}

TEST(AttentionT10, RecognitionOrder) {
  std::string order;
  for (const Token& token : recognition_layout(9, 4, 3, 2)) order += std::string(label(token.kind));
  EXPECT_EQ(order, "<bos><audio>audioaudio</audio><video>video</video><transcribe>");
  const auto only_video = recognition_layout(3, 4, 2, 1);
  EXPECT_EQ(only_video[1], (Token{TokenKind::video_begin}));
  EXPECT_EQ(recognition_layout(9, 4, 0, 1)[3], (Token{TokenKind::audio, 4, 8}));
}

TEST(AttentionT10, IndexMapsAreMonotone) {
  for (const auto& tokens : {recognition_layout(101, 5, 25, 2), interleaved_layout(101, {4})}) {
    int audio = 0, video = 0;
    for (const Token& token : tokens) {
      if (token.kind != TokenKind::audio && token.kind != TokenKind::video) continue;
      int& next = token.kind == TokenKind::audio ? audio : video;
      EXPECT_EQ(token.begin, next);
      EXPECT_GT(token.end, token.begin);
      next = token.end;
    }
  }
}

// A token knows nothing of what is recorded after the tokens behind it.
TEST(AttentionT10, InterleaveIsOrderedInTimeAndRecognitionIsNot) {
  const auto latest = [](const Token& token, int audio_per_frame) {
    return token.end * audio_per_frame;  // in audio frames
  };
  const auto ordered = [&](const std::vector<Token>& tokens, int per_video) {
    int before = 0;
    for (const Token& token : tokens) {
      const int now = latest(token, token.kind == TokenKind::video ? per_video : 1);
      if (token.end > 0 && now < before) return false;
      before = std::max(before, now);
    }
    return true;
  };
  for (const int per_video : {1, 3, 4}) {
    const auto tokens = interleaved_layout(30, {per_video});
    EXPECT_EQ(tokens.size(), 1u + 30 + static_cast<std::size_t>(30 / per_video));
    EXPECT_TRUE(ordered(tokens, per_video));
  }
  EXPECT_FALSE(ordered(recognition_layout(30, 1, 7, 1), 4));
}

TEST(AttentionT10, InterleaveMapsBothWaysForHours) {
  const Interleave order{4};
  for (const long long from : {0LL, 1'000'000'000'000LL}) {
    for (long long frame = from; frame < from + 41; ++frame) {
      const auto audio = order.audio(frame), video = order.video(frame);
      EXPECT_EQ(order.kind(audio), TokenKind::audio);
      EXPECT_EQ(order.frame(audio), frame);
      EXPECT_EQ(order.kind(video), TokenKind::video);
      EXPECT_EQ(order.frame(video), frame);
      EXPECT_EQ(order.audio(4 * frame + 3) + 1, video) << "right after the last of its audio";
    }
  }
}

}  // namespace
}  // namespace limpid::models::avsr
