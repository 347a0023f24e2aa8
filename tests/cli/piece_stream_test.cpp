// SPDX-License-Identifier: MIT
// Long recordings in pieces come out as from one stream.
#include "examples/limpid/piece_stream.h"

#include <new>
#include <tuple>

#include "examples/limpid/file_job.h"
#include "examples/limpid/file_stream.h"
#include "tests/cli/workbench.h"
#include "tests/support/audio_compare.h"
#include "tests/support/fake_model.h"
#include "tests/support/random_longconv.h"
#include "tests/support/signals.h"

namespace limpid::cli {
namespace {

constexpr int kRate = 16000, kHop = 160;

// A network that forgets within 115 hops, and so is fit for short tests.
std::shared_ptr<const Model> short_memory() {
  return test::random_longconv({.long_taps = 20, .level_horizon = 2, .voice = true});
}

double seconds(std::ptrdiff_t samples) {
  return static_cast<double>(samples) / kRate;
}

struct Enhanced {
  Tensor<float, 2> audio;
  VoiceActivity voice;
};

class Collector {
 public:
  explicit Collector(std::ptrdiff_t channels) : rows_(static_cast<std::size_t>(channels)) {}
  Status operator()(AudioView<const float> part) {
    for (std::size_t c = 0; c < rows_.size(); ++c) {
      const auto row = part[static_cast<std::ptrdiff_t>(c)].span();
      rows_[c].insert(rows_[c].end(), row.begin(), row.end());
    }
    return Done{};
  }
  Tensor<float, 2> first(std::ptrdiff_t samples) const {
    Tensor<float, 2> all({std::ssize(rows_), samples});
    EXPECT_GE(std::ssize(rows_[0]), samples);
    for (std::size_t c = 0; c < rows_.size(); ++c)
      std::copy_n(rows_[c].data(), std::min(samples, std::ssize(rows_[c])),
                  all.view()[static_cast<std::ptrdiff_t>(c)].data());
    return all;
  }

 private:
  std::vector<std::vector<float>> rows_;
};

Enhanced in_pieces(const std::shared_ptr<const Model>& model, AudioView<const float> in,
                   const Pieces& pieces, float limit_db = 0) {
  Collector out(in.extent(0));
  std::atomic<std::int64_t> told = 0;
  PieceStream stream(model, {.sample_rate = kRate,
                             .channels = static_cast<int>(in.extent(0)),
                             .attenuation_limit_db = limit_db,
                             .voice = model->spec().voice_activity,
                             .pieces = pieces,
                             .advance =
                                 [&](double seconds) {
                                   told += std::llround(seconds * kRate);
                                   return true;
                                 },
                             .emit = std::ref(out)});
  std::ptrdiff_t at = 0;
  for (const std::ptrdiff_t block : test::awkward_blocks(in.extent(1), 3)) {
    EXPECT_TRUE(stream.push(in.slice(1, at, block)));
    at += block;
  }
  EXPECT_TRUE(stream.finish());
  EXPECT_FALSE(stream.stopped());
  EXPECT_EQ(told, in.extent(1));
  return {out.first(in.extent(1)), std::move(stream).voice().of_file(stream.format(), seconds(at))};
}

Enhanced uncut(const std::shared_ptr<const Model>& model, AudioView<const float> in,
               float limit_db = 0) {
  const auto channels = static_cast<int>(in.extent(0));
  Collector out(channels);
  VoiceFrames voice(channels);
  auto stream = FileStream::open(
      model, kRate, channels,
      {.attenuation_limit_db = limit_db, .on_voice = [&](auto found) { voice.add(found); }});
  EXPECT_TRUE(out(*stream->push(in)));
  EXPECT_TRUE(out(*stream->finish()));
  return {out.first(in.extent(1)),
          std::move(voice).of_file(stream->format(), seconds(in.extent(1)))};
}

void expect_alike(const Enhanced& got, const Enhanced& want, double tolerance) {
  ASSERT_EQ(got.audio.view().shape(), want.audio.view().shape());
  for (std::ptrdiff_t c = 0; c < want.audio.extent(0); ++c)
    EXPECT_LE(test::relative_error(got.audio.view()[c].span(), want.audio.view()[c].span(), 0, 0),
              tolerance);
  ASSERT_EQ(got.voice.probability.size(), want.voice.probability.size());
  for (std::size_t c = 0; c < want.voice.probability.size(); ++c) {
    ASSERT_EQ(got.voice.probability[c].size(), want.voice.probability[c].size());
    for (std::size_t f = 0; f < want.voice.probability[c].size(); ++f)
      ASSERT_NEAR(got.voice.probability[c][f], want.voice.probability[c][f], tolerance) << f;
  }
}

// The first round, later ones, the last one short, full, or without anything new.
TEST(PieceStream, ADelayIsADelayHoweverItIsCut) {
  for (const int latency : {0, 1, 333, 1440})
    for (const int at_once : {1, 2, 3}) {
      const Pieces pieces{10 * kHop, 37 * kHop, at_once};
      const std::ptrdiff_t round = at_once * pieces.length, full = pieces.settle + round;
      const auto model = test::fake_model({.latency = latency, .gain = 0.5f});
      for (const std::ptrdiff_t samples :
           {std::ptrdiff_t{0}, std::ptrdiff_t{1}, pieces.settle, full - 1, full, full + 1,
            full + 3 * round, full + 2 * round + pieces.length + 77}) {
        const auto in = test::noise(2, samples);
        const auto out = in_pieces(model, in.view(), pieces).audio;
        for (std::ptrdiff_t c = 0; c < 2; ++c)
          for (std::ptrdiff_t n = 0; n < samples; ++n)
            ASSERT_EQ(out.view()[c][n], 0.5f * in.view()[c][n])
                << latency << " " << at_once << " " << samples << " " << n;
      }
    }
}

// Hop h of a stream says 0.001 h: those of a piece begin where its settling ends.
TEST(PieceStream, VoiceActivityIsThatOfThePieces) {
  const auto model = test::fake_model({.latency = 2 * kHop, .voice = true});
  const auto in = test::noise(2, 101 * kHop - 5);
  const auto voice = in_pieces(model, in.view(), {10 * kHop, 20 * kHop, 2}).voice;
  for (std::size_t c = 0; c < 2; ++c) {
    ASSERT_EQ(voice.probability[c].size(), 101u);
    for (std::size_t f = 0; f < 101; ++f) {
      const std::size_t hop = f + 2, told = hop < 30 ? hop : 10 + (hop - 30) % 20;
      ASSERT_FLOAT_EQ(voice.probability[c][f],
                      0.001f * static_cast<float>(told) + 0.5f * static_cast<float>(c))
          << f;
    }
  }
}

TEST(PieceStream, ANetworkIsTheSameUpToRounding) {
  const auto model = short_memory();
  ASSERT_EQ(model->spec().settle_hops, 115);
  for (const auto& [channels, limit_db, samples] :
       {std::tuple{1, 0.0f, 150'001}, {2, 0.0f, 88'888}, {1, 9.0f, 132'000}}) {
    const auto in = test::noise(channels, samples);
    const Pieces pieces{128 * kHop, 64 * kHop, 3};
    expect_alike(in_pieces(model, in.view(), pieces, limit_db), uncut(model, in.view(), limit_db),
                 1e-6);
  }
}

// So that the test above can fail.
TEST(PieceStream, SettlingTooShortShows) {
  const auto model = short_memory();
  const auto in = test::noise(1, 60'000);
  const auto got = in_pieces(model, in.view(), {16 * kHop, 64 * kHop, 2});
  const auto want = uncut(model, in.view());
  EXPECT_GT(test::relative_error(got.audio.view()[0].span(), want.audio.view()[0].span(), 0, 0),
            1e-4);
}

TEST(PlanPieces, OnlyWhatIsWorthIt) {
  const auto model = test::fake_model({.settle_hops = 65});
  const std::int64_t settle = 128 * kHop, least = settle + 2 * 3 * settle;
  EXPECT_TRUE(plan_pieces(*model, kRate, least, 1, 2).any());
  EXPECT_FALSE(plan_pieces(*model, kRate, least - 1, 1, 2).any()) << "too short";
  EXPECT_FALSE(plan_pieces(*model, kRate, least, 1, 1).any()) << "one thread";
  EXPECT_FALSE(plan_pieces(*model, 192000, 1'000'000'000, 1, 2).any()) << "resampled";
  EXPECT_FALSE(plan_pieces(*model, kRate, 1'000'000'000, 2000, 2).any()) << "too much memory";
  EXPECT_FALSE(plan_pieces(*test::fake_model(), kRate, least, 1, 2).any()) << "never settles";
}

TEST(PlanPieces, WholeBlocksOfHopsAsLongAsMemoryAllows) {
  for (const int settle_hops : {1, 64, 2400})
    for (const int rate : {8000, 11025, 16000, 48000, 96000})
      for (const int threads : {2, 3, 8, 128})
        for (const double seconds : {200.0, 600.0, 7200.0, 1e6}) {
          const auto model = test::fake_model({.settle_hops = settle_hops});
          const auto samples = static_cast<std::int64_t>(seconds * rate);
          const Pieces p = plan_pieces(*model, rate, samples, 2, threads);
          if (!p.any()) continue;
          const int hop = model->format(rate)->hop;
          EXPECT_EQ(p.settle % (64 * hop), 0);
          EXPECT_EQ(p.length % (64 * hop), 0);
          EXPECT_GE(p.settle, (settle_hops + 1) * hop) << "a stream is a hop late";
          EXPECT_GE(p.length, 3 * p.settle);
          EXPECT_LE(p.at_once, threads);
          const std::ptrdiff_t together = p.settle + p.at_once * (p.length - 64 * hop);
          EXPECT_TRUE(p.length - 64 * hop <= 6 * p.settle || 2 * together <= 1 << 25);
          EXPECT_LE(2 * together, 1 << 28);
          const std::int64_t rounds =
              (samples - p.settle + p.at_once * p.length - 1) / (p.at_once * p.length);
          EXPECT_LE(rounds * p.at_once * (p.length - 64 * hop), samples) << "all have enough to do";
          EXPECT_LT((p.at_once - 1) * p.length, samples) << "every thread has something to do";
        }
}

// At 96 kHz 2400 hops settle in 2 334 720 samples, so pieces side by side have 14 008 320 each.
TEST(PlanPieces, AsManyAtOnceAsFitIntoTwoGigabytes) {
  const auto model = test::fake_model({.settle_hops = 2400});
  for (const auto& [channels, at_once] : {std::pair{2, 9}, {4, 4}, {8, 2}, {9, 1}})
    EXPECT_EQ(plan_pieces(*model, 96000, 1'000'000'000'000, channels, 128).at_once, at_once)
        << channels << " channels";
}

TEST(PlanPieces, NearlyAsLongAsFitsInto256Megabytes) {
  const auto model = test::fake_model({.settle_hops = 1});
  for (const int threads : {2, 8}) {
    const Pieces p = plan_pieces(*model, kRate, 1'000'000'000'000, 2, threads);
    EXPECT_EQ(p.at_once, threads);
    EXPECT_GT(2 * (p.settle + p.at_once * p.length), (std::int64_t{1} << 25) * 99 / 100);
  }
}

class PiecesOfFiles : public test::Workbench {
 protected:
  FileResult enhance(
      std::shared_ptr<const Model> model, int threads,
      const Advance& advance = [](double) { return true; }) {
    job_.input = (*this)("in.wav");
    job_.output = (*this)("out" + std::to_string(threads) + ".wav");
    return enhance_file(job_, {.model = std::move(model), .voice = true, .threads = threads},
                        advance);
  }
  Enhanced enhanced(std::shared_ptr<const Model> model, int threads) {
    FileResult result = enhance(std::move(model), threads);
    EXPECT_EQ(result.outcome, Outcome::done) << result.error;
    return {test::channels(job_.output), std::move(result.voice)};
  }
  void expect_no_output() const {
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
  }
  FileJob job_;
};

TEST_F(PiecesOfFiles, AFileIsTheSameHoweverManyThreadsWork) {
  record("in.wav", kRate, 197'531, 2);
  const auto model = short_memory();
  const Enhanced one = enhanced(model, 1);
  expect_alike(enhanced(model, 2), one, 1e-6);
  expect_alike(enhanced(model, 5), one, 1e-6);
}

TEST_F(PiecesOfFiles, AdvanceTellsTheWholeLength) {
  record("in.wav", kRate, 100'000);
  std::mutex mutex;
  double seconds = 0;
  const auto advance = [&](double more) {
    const std::lock_guard lock(mutex);
    seconds += more;
    return true;
  };
  EXPECT_EQ(enhance(test::fake_model({.settle_hops = 60}), 2, advance).outcome, Outcome::done);
  EXPECT_NEAR(seconds, 6.25, 1e-9);
}

TEST_F(PiecesOfFiles, StoppedOnesLeaveNothing) {
  record("in.wav", kRate, 100'000);
  for (const int most : {3, 12, 20}) {  // while it is read, and while it is enhanced
    std::atomic<int> calls = 0;
    const auto advance = [&](double) { return ++calls < most; };
    const auto result = enhance(test::fake_model({.settle_hops = 60}), 2, advance);
    EXPECT_EQ(result.outcome, Outcome::cancelled) << result.error;
    EXPECT_LE(calls, most + 4) << "all threads stop";
    expect_no_output();
  }
}

TEST_F(PiecesOfFiles, OneThatFailsFailsTheFile) {
  record("in.wav", kRate, 200'000);
  const auto result = enhance(test::fake_model({.settle_hops = 60, .fail_hop = 400}), 3);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_NE(result.error.find("the fake GPU is on fire"), std::string::npos) << result.error;
  expect_no_output();
}

TEST_F(PiecesOfFiles, WhatOneThrowsFailsTheFile) {
  class Throwing final : public Model {
   public:
    const ModelSpec& spec() const noexcept override { return model_->spec(); }
    Result<StreamFormat> format(int rate) const override { return model_->format(rate); }
    Result<std::unique_ptr<Session>> open(const SessionConfig& config) const override {
      if (++opened_ == 2) throw std::bad_alloc();
      return model_->open(config);
    }

   private:
    std::shared_ptr<const Model> model_ = test::fake_model({.settle_hops = 60});
    mutable std::atomic<int> opened_ = 0;
  };
  record("in.wav", kRate, 200'000);
  const auto result = enhance(std::make_shared<Throwing>(), 3);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_NE(result.error.find("bad_alloc"), std::string::npos) << result.error;
  expect_no_output();
}

}  // namespace
}  // namespace limpid::cli
