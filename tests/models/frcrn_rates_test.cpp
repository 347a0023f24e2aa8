// SPDX-License-Identifier: MIT
// The fixed-seconds STFT: one network at every sample rate, latency as promised, highs kept.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "models/band_extension.h"
#include "models/frcrn/frcrn.h"
#include "tests/support/audio_compare.h"
#include "tests/support/random_frcrn.h"
#include "tests/support/signals.h"
#include "tests/support/stream_contract.h"

namespace limpid {
namespace {

// A network whose mask is a constant, whatever it hears: tanh of the closing layer's bias.
std::shared_ptr<const Model> constant_mask(float mask, bool lookahead) {
  const test::FrcrnRecipe recipe{.lookahead = lookahead};
  auto bytes = test::frcrn_weights(recipe).bytes(test::frcrn_metadata(recipe));
  const auto parsed = io::Weights::parse(bytes, "random");
  EXPECT_TRUE(parsed);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  const auto set = [&](const char* name, float value) {
    const io::TensorEntry& entry = parsed->tensors().find(name)->second;
    std::memcpy(bytes.data() + sizeof header + header + entry.begin, &value, sizeof value);
  };
  set("unet.linear.conv_re.weight", 0.0f);
  set("unet.linear.conv_im.weight", 0.0f);
  // The real part adds the difference of the two biases, the imaginary part their sum.
  set("unet.linear.conv_re.bias", 0.5f * std::atanh(mask));
  set("unet.linear.conv_im.bias", -0.5f * std::atanh(mask));
  auto model = models::make_frcrn(*io::Weights::parse(bytes, "constant"));
  EXPECT_TRUE(model) << model.error().message;
  return *model;
}

class Rates : public testing::TestWithParam<std::pair<int, bool>> {};

// With a constant mask g the stream is a delay by latency() with gain g, at any rate, highs
// included: analysis, mask, extension and synthesis line up to the sample.
TEST_P(Rates, ConstantMaskIsAPureDelay) {
  const auto [rate, lookahead] = GetParam();
  const auto model = constant_mask(0.5f, lookahead);
  auto session = model->open({.sample_rate = rate, .lanes = 1, .max_frames = 2});
  ASSERT_TRUE(session) << session.error().message;
  const auto format = (*session)->format();
  EXPECT_EQ(format.sample_rate, rate);
  EXPECT_NEAR(format.hop, rate * 0.01, 0.5);
  EXPECT_EQ(format.latency, format.hop * (lookahead ? 7 : 1));

  const auto in = test::noise(1, 60 * format.hop);
  Tensor<float, 2> out({1, in.extent(1)});
  for (std::ptrdiff_t at = 0; at < in.extent(1); at += 2 * format.hop)
    (*session)->process(in.view().slice(1, at, 2 * format.hop),
                        out.view().slice(1, at, 2 * format.hop));
  const std::span<const float> x = in.view()[0].span(), y = out.view()[0].span();
  EXPECT_EQ(test::delay_between(x, y, 10 * format.hop), format.latency);
  // The extension's gain has settled after a few smoothing times.
  const auto settled = static_cast<std::size_t>(30 * format.hop);
  for (std::size_t n = settled; n < y.size(); ++n)
    ASSERT_NEAR(y[n], 0.5f * x[n - static_cast<std::size_t>(format.latency)], 2e-4) << n;
}

INSTANTIATE_TEST_SUITE_P(
    All, Rates,
    testing::Values(std::pair{8000, false}, std::pair{11025, false}, std::pair{12000, false},
                    std::pair{16000, false}, std::pair{16000, true}, std::pair{22050, false},
                    std::pair{24000, false}, std::pair{32000, false}, std::pair{44100, false},
                    std::pair{48000, false}, std::pair{48000, true}, std::pair{88200, false},
                    std::pair{96000, false}, std::pair{176400, false}, std::pair{192000, false}));

TEST(Rates, OutsideTheRangeIsRefusedByName) {
  const auto model = test::random_frcrn({});
  for (int rate : {0, -1, 7999, 192001}) {
    auto session = model->open({.sample_rate = rate, .lanes = 1, .max_frames = 1});
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::unsupported);
    EXPECT_NE(session.error().message.find("8000..192000"), std::string::npos);
  }
}

// Three hops of 6.7 ms are 321 samples at 16 kHz: there is no transform of so many.
TEST(Rates, AnOddWindowIsRefusedWithTheFile) {
  std::string metadata = test::frcrn_metadata({});
  const std::string hop = R"(\"hop\":0.01)";
  ASSERT_NE(metadata.find(hop), metadata.npos);
  metadata.replace(metadata.find(hop), hop.size(), R"(\"hop\":0.006666666666666667)");
  const auto model = models::make_frcrn(test::frcrn_weights({}).weights(metadata));
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::bad_format);
  EXPECT_NE(model.error().message.find("even number"), std::string::npos) << model.error().message;
}

TEST(Rates, ImpossibleSessionsAreRefused) {
  const auto model = test::random_frcrn({});
  for (const auto& [lanes, frames] : {std::pair{0, 1}, {65537, 1}, {1, 0}, {1, (1 << 20) + 1}}) {
    const auto session = model->open({.sample_rate = 16000, .lanes = lanes, .max_frames = frames});
    ASSERT_FALSE(session) << lanes << ", " << frames;
    EXPECT_EQ(session.error().code, ErrorCode::invalid_argument) << session.error().message;
  }
  EXPECT_FALSE(model->enhance_exact({}, 1));
}

TEST(Rates, AToneIsTreatedAlikeAtEveryRate) {
  test::expect_a_tone_alike_at_every_rate(*test::random_frcrn({.seed = 5}), 1e-3);
  test::expect_a_tone_alike_at_every_rate(*test::random_frcrn({.level_horizon = 100, .seed = 5}),
                                          1e-3);
}

TEST(BandExtension, FollowsTheTopOfTheBandAndBlends) {
  models::BandExtension extension(161, 481, 0.01, 1);
  const std::vector<std::complex<float>> level(161, {0.1f, -0.2f});
  std::vector<float> re(481), im(481);
  for (int frame = 0; frame < 100; ++frame) {
    std::fill(re.begin(), re.begin() + 161, 0.25f);
    std::fill(re.begin() + 151, re.begin() + 161, 0.75f);  // the edge differs from the rest
    extension.extend(0, level.data(), re, im);
  }
  EXPECT_NEAR(re[161], 0.75f, 0.03f);
  EXPECT_LT(re[180], re[161]);
  EXPECT_NEAR(re[480], re[200], 1e-6f);
  EXPECT_GT(re[480], 0.25f);
  EXPECT_LT(re[480], 0.5f);
}

TEST(BandExtension, LoudBinsCountForMore) {
  std::vector<std::complex<float>> partials(161, {1e-3f, 0.0f}), silence(161);
  for (std::size_t k = 0; k < 161; k += 5) partials[k] = {0.0f, 1.0f};
  const auto top_gain = [](const std::vector<std::complex<float>>& spectrum) {
    models::BandExtension extension(161, 481, 0.01, 1);
    std::vector<float> re(481), im(481);
    for (int frame = 0; frame < 100; ++frame) {
      std::fill(re.begin(), re.begin() + 161, 0.1f);
      for (std::size_t k = 0; k < 161; k += 5) re[k] = 0.9f;
      extension.extend(0, spectrum.data(), re, im);
    }
    return re[480];
  };
  EXPECT_NEAR(top_gain(partials), 0.9f, 1e-3f);
  EXPECT_NEAR(top_gain(silence), std::sqrt((0.81f + 4 * 0.01f) / 5), 0.02f);  // all alike
}

}  // namespace
}  // namespace limpid
