// SPDX-License-Identifier: MIT
// The recogniser against training/limpid_train/avsr: what was trained is what runs. tests/data is
// written by training/make_avsr_vectors.py.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "lib/io/weights.h"
#include "models/avsr/features.h"
#include "models/avsr/recogniser.h"
#include "models/registry.h"

namespace limpid::models::avsr {
namespace {

constexpr const char* kTiny[] = {"avsr_tiny_average", "avsr_tiny_stack"};

std::string data(const std::string& file) {
  return std::string(LIMPID_TEST_DATA) + "/" + file + ".safetensors";
}

Recogniser recogniser(const std::string& path) {
  auto loaded = Recogniser::open(path);
  EXPECT_TRUE(loaded) << loaded.error().message;
  return *std::move(loaded);
}

// Named tensors with whatever shape they have.
class Expected {
 public:
  explicit Expected(const std::string& file) : weights_(*io::Weights::open(data(file))) {}
  FeaturesView matrix(const std::string& name) {
    const auto& shape = weights_.tensors().at(name).shape;
    return {values(name).data(), {shape[0], shape.size() > 1 ? shape[1] : 1}};
  }
  std::span<const float> values(const std::string& name) {
    auto& found = values_[name];
    if (found.empty()) found = *weights_.find(name, weights_.tensors().at(name).shape);
    return found;
  }
  std::vector<int> words() {
    const auto found = values("words");
    return {found.begin(), found.end()};
  }
  bool has(const std::string& name) const { return weights_.tensors().contains(name); }

 private:
  io::Weights weights_;
  std::map<std::string, std::vector<float>> values_;
};

void expect_near(FeaturesView got, FeaturesView want, double tolerance, const std::string& what) {
  ASSERT_EQ(got.shape(), want.shape()) << what;
  double worst = 0;
  for (std::ptrdiff_t i = 0; i < got.extent(0); ++i)
    for (std::ptrdiff_t j = 0; j < got.extent(1); ++j)
      worst = std::max(worst, std::abs(double{got[i][j]} - double{want[i][j]}));
  EXPECT_LE(worst, tolerance) << what;
}

// Every combination of modalities and rate that the file has scores for.
void expect_scores(const Recogniser& model, const std::string& file) {
  Expected expected(file);
  int compared = 0;
  for (const int rate : {1, 2, 3, 4, 8, 16}) {
    for (const char* mode : {"both", "audio", "video"}) {
      const std::string name = std::string("scores_") + mode + "_" + std::to_string(rate);
      if (!expected.has(name)) continue;
      Utterance utterance;
      utterance.rate = rate;
      if (mode[0] != 'v') utterance.audio = expected.values("audio");
      if (mode[0] != 'a') utterance.lips = expected.matrix("lips");
      const auto got = model.scores(utterance, expected.words());
      ASSERT_TRUE(got) << got.error().message;
      expect_near(got->view(), expected.matrix(name), 1e-4, file + " " + name);
      ++compared;
    }
  }
  EXPECT_GE(compared, 3);
}

TEST(Avsr, FeaturesAreThoseOfTraining) {
  Expected expected("avsr_tiny_average_expected");
  const auto mel = log_mel(expected.values("audio"), 8000, {240, 80}, 12);
  ASSERT_TRUE(mel);
  expect_near(mel->view(), expected.matrix("mel"), 1e-4, "mel");
  const auto lips = synthetic_lips(expected.values("audio"), 8000, {240, 80}, 4);
  ASSERT_TRUE(lips);
  expect_near(lips->view(), expected.matrix("lips"), 1e-4, "lips");
}

TEST(Avsr, LevelOfTheRecordingDoesNotMatter) {
  Expected expected("avsr_tiny_average_expected");
  std::vector<float> loud(expected.values("audio").begin(), expected.values("audio").end());
  for (float& sample : loud) sample *= 8;
  const auto mel = log_mel(loud, 8000, {240, 80}, 12);
  ASSERT_TRUE(mel);
  expect_near(mel->view(), expected.matrix("mel"), 1e-3, "mel");
}

TEST(Avsr, ScoresAreThoseOfTorch) {
  for (const char* name : kTiny)
    expect_scores(recogniser(data(name)), std::string(name) + "_expected");
}

TEST(Avsr, TrainedModelScoresAreThoseOfTorch) {
  const Recogniser model = recogniser(LIMPID_ASSETS "/avsr/digits.safetensors");
  EXPECT_EQ(model.config().words.size(), 10u);
  expect_scores(model, "avsr_digits_expected");
}

// Word by word with a memory is the same network as everything at once.
TEST(Avsr, TranscriptFollowsTheScores) {
  Expected expected("avsr_tiny_average_expected");
  const Recogniser model = recogniser(data(kTiny[0]));
  const Utterance utterance{expected.values("audio"), expected.matrix("lips"), 3};
  const auto words = model.transcribe(utterance, 12);
  ASSERT_TRUE(words) << words.error().message;
  const auto scores = model.scores(utterance, *words);
  ASSERT_TRUE(scores);
  const auto best = [&](std::size_t row) {
    const auto line = scores->view()[static_cast<std::ptrdiff_t>(row)].span();
    return static_cast<int>(std::max_element(line.begin(), line.end()) - line.begin());
  };
  for (std::size_t n = 0; n < words->size(); ++n) EXPECT_EQ((*words)[n], best(n)) << n;
  if (words->size() < 12) {
    EXPECT_EQ(best(words->size()), 3) << "the end";
  }
  for (const std::size_t most : {0, 1, 2})
    EXPECT_EQ(model.transcribe(utterance, static_cast<int>(most))->size(),
              std::min(most, words->size()));
}

TEST(Avsr, TraceShowsEveryTokenOfTheLayout) {
  Expected expected("avsr_tiny_stack_expected");
  const Recogniser model = recogniser(data(kTiny[1]));
  const Utterance utterance{expected.values("audio"), expected.matrix("lips")};
  const auto trace = model.trace_attention(utterance);
  ASSERT_TRUE(trace) << trace.error().message;
  const auto tokens = model.layout(utterance);
  ASSERT_TRUE(tokens);
  const auto count = static_cast<std::ptrdiff_t>(tokens->size());
  EXPECT_EQ(count, 1 + 2 + 167 / 8 + 2 + 41 / 2 + 1);
  ASSERT_EQ(trace->layers.size(), 2u);
  EXPECT_EQ(trace->hidden.size(), 3u);
  EXPECT_EQ(trace->labels.size(), tokens->size());
  EXPECT_EQ(trace->labels[1], "<audio>");
  EXPECT_FALSE(trace->layers[0].normalised);  // sigmoid
  EXPECT_EQ(trace->layers[0].weights.view().shape(), (Shape<3>{3, count, count}));
  EXPECT_EQ(trace->layers[0].weights.view()[0][4][5], 0.0f) << "causal";
}

TEST(Avsr, BadUtterancesAreRefused) {
  Expected expected("avsr_tiny_stack_expected");
  const Recogniser model = recogniser(data(kTiny[1]));
  const auto code = [&model](const Utterance& utterance) {
    const auto result = model.transcribe(utterance);
    return result ? "fine" : result.error().message;
  };
  std::vector<float> audio(expected.values("audio").begin(), expected.values("audio").end());
  EXPECT_NE(code({}).find("shorter than one token"), std::string::npos);
  EXPECT_NE(code({std::span(audio).first(600)}).find("shorter than one token"), std::string::npos);
  EXPECT_NE(code({audio, {}, 4}).find("stacks 8 frames"), std::string::npos);
  for (const int rate : {-1, 65})
    EXPECT_NE(code({audio, {}, rate}).find("rate must be"), std::string::npos) << rate;
  EXPECT_NE(code({audio, expected.matrix("mel")}).find("12 features, expected 4"),
            std::string::npos);
  Tensor<float, 2> lips({16, 4});
  lips.view()[15][3] = std::numeric_limits<float>::infinity();
  EXPECT_NE(code({audio, lips.view()}).find("lips must be finite"), std::string::npos);
  audio[7] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_NE(code({audio}).find("samples must be finite"), std::string::npos);
  for (const int unknown : {-1, 3}) {
    const auto scores = model.scores({expected.values("audio")}, {&unknown, 1});
    ASSERT_FALSE(scores) << unknown;
    EXPECT_NE(scores.error().message.find("no word"), std::string::npos);
  }
}

// Whoever loads models by name can look at a recogniser, and is told that it gives no audio.
TEST(Avsr, AsModelItShowsItsAttentionAndRefusesToEnhance) {
  const auto model = load_file(data(kTiny[0]));
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->spec().name, "avsr-tiny-average");
  EXPECT_EQ((*model)->spec().architecture, "avsr");
  std::vector<float> audio(8000, 0.0f);
  for (std::size_t n = 0; n < audio.size(); ++n)
    audio[n] = 0.1f * std::sin(0.3f * static_cast<float>(n));
  const auto trace = (*model)->trace_attention({audio.data(), {1, 8000}});
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_EQ(trace->labels.size(), 1u + 2 + 100 / 4 + 1);
  EXPECT_FALSE((*model)->trace_attention({audio.data(), {2, 4000}}));
  const auto session = (*model)->open({.sample_rate = 8000});
  ASSERT_FALSE(session);
  EXPECT_NE(session.error().message.find("cannot enhance"), std::string::npos);
  const auto enhanced = (*model)->enhance_exact({audio.data(), {1, 8000}}, 1);
  ASSERT_FALSE(enhanced);
  EXPECT_NE(enhanced.error().message.find("cannot enhance"), std::string::npos);
  EXPECT_FALSE((*model)->format(16000));
  EXPECT_FALSE((*model)->format(8000));
}

TEST(Avsr, FilesThatDoNotFitAreRefused) {
  EXPECT_FALSE(Recogniser::open(data("avsr_tiny_average_expected")));  // no config
  EXPECT_FALSE(Recogniser::open(data("frcrn_tiny")));
  EXPECT_FALSE(Recogniser::open(data("no_such_file")));
  const std::string json =
      R"({"sample_rate":8000,"window":240,"hop":80,"bands":12,"lip_size":4,"lip_frames":4,
          "encoder":10,"lip_encoder":6,"kernel":5,"compression":"average","rate":4,"projector":14,
          "width":24,"layers":2,"heads":3,"hidden":18,"attention":"softmax","gate":false,
          "window_tokens":40,"sigmoid_window":64,"words":["a"]})";
  ASSERT_TRUE(parse_config(json, "here"));
  const auto refused = [&json](const std::string& from, const std::string& to) {
    std::string changed = json;
    changed.replace(changed.find(from), from.size(), to);
    return !parse_config(changed, "here").ok();
  };
  const std::pair<const char*, const char*> lies[] = {
      {R"("sample_rate":8000)", R"("sample_rate":7999)"},
      {R"("hop":80)", R"("hop":70)"},
      {R"("window":240)", R"("window":80)"},
      {R"("bands":12)", R"("bands":121)"},
      {R"("encoder":10)", R"("encoder":4097)"},
      {R"("hidden":18)", R"("hidden":0)"},
      {R"("lip_frames":4)", R"("lip_frames":65)"},
      {R"("layers":2)", R"("layers":65)"},
      {R"("window_tokens":40)", R"("window_tokens":0)"},
      {R"("sigmoid_window":64)", R"("sigmoid_window":65537)"}};
  for (const auto& [from, to] : lies) EXPECT_TRUE(refused(from, to)) << to;
  EXPECT_TRUE(refused("\"heads\":3", "\"heads\":5"));
  EXPECT_TRUE(refused("\"heads\":3", "\"heads\":8"));  // parts of three
  EXPECT_TRUE(refused("\"kernel\":5", "\"kernel\":4"));
  EXPECT_TRUE(refused("softmax", "softmin"));
  EXPECT_TRUE(refused("average", "sum"));
  EXPECT_TRUE(refused("[\"a\"]", "[]"));
  EXPECT_TRUE(refused("\"rate\":4", "\"rate\":0"));
  EXPECT_TRUE(refused("\"hop\":80,", ""));
}

}  // namespace
}  // namespace limpid::models::avsr
