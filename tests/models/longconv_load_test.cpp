// SPDX-License-Identifier: MIT
// LongConv files that lie: each is refused with a message that says what is wrong.
#include <gtest/gtest.h>

#include "models/longconv/config.h"
#include "models/longconv/longconv.h"
#include "tests/support/bad_weights.h"
#include "tests/support/random_longconv.h"

namespace limpid {
namespace {

using test::LongConvRecipe;

std::string refusal(const test::WeightsBuilder& file, const std::string& metadata) {
  return test::refusal(models::make_longconv, file, metadata);
}

TEST(LongConvLoad, SaysWhatTheNetworkIs) {
  const auto model = test::random_longconv({.voice = true});
  EXPECT_EQ(model->spec().architecture, "longconv");
  EXPECT_TRUE(model->spec().voice_activity);
  EXPECT_EQ(model->spec().memory, Memory::carried);
  // Two blocks of six bands of seven channels: (7 * 3 + 5 * (28 + 71) + 14 * (9 + 11)) * 6 each.
  const double frame = 2 * 6 * (21 + 495 + 280) + 4 * 161 * 7 + 161 * 2 * 18;
  EXPECT_NEAR(model->spec().macs_per_second, 100 * frame, 1);
}

TEST(LongConvLoad, ConfigsThatCannotBe) {
  const LongConvRecipe recipe;
  const auto file = test::longconv_weights(recipe);
  const std::string good = test::longconv_metadata(recipe);
  test::expect_lies_are_refused(models::make_longconv, file, good, "LongConv config",
                                {{"\\\"channels\\\":7", "\\\"channels\\\":0"},
                                 {"\\\"channels\\\":7", "\\\"channels\\\":7.5e9"},
                                 {"\\\"channels\\\":7", "\\\"channels\\\":7.5"},
                                 {"\\\"channels\\\":7", "\\\"channels\\\":4294967303"},
                                 {"\\\"bands\\\":[3,5", "\\\"bands\\\":[3,4294967301"},
                                 {"\\\"bands\\\":[3,5", "\\\"bands\\\":[3,5.5"},
                                 {"\\\"window\\\":0.02", "\\\"window\\\":0.0249"},
                                 {"\\\"channels\\\":7", "\\\"channels\\\":\\\"many\\\""},
                                 {"\\\"channels\\\":7", "\\\"canals\\\":7"},
                                 {"\\\"level_horizon\\\":10", "\\\"level_horizon\\\":0"},
                                 {"\\\"blocks\\\":2", "\\\"blocks\\\":-1"},
                                 {"\\\"long_taps\\\":71", "\\\"long_taps\\\":4097"},
                                 {"\\\"taps\\\":2", "\\\"taps\\\":9"},
                                 {"\\\"channels\\\":7", "\\\"channels\\\":1025"},
                                 {"\\\"bands\\\":[3,5", "\\\"bands\\\":[162,5"},
                                 {"\\\"hop\\\":0.01", "\\\"hop\\\":0.0005"},
                                 {"\\\"bands\\\":[3,5", "\\\"bands\\\":[3,4"},
                                 {"\\\"bands\\\":[3,5", "\\\"bands\\\":[-3,5"},
                                 {"\\\"bands\\\":[3,5,9,20,51,73]", "\\\"bands\\\":[]"},
                                 {"\\\"hop\\\":0.01", "\\\"hop\\\":0.02"},
                                 {"\\\"window\\\":0.02", "\\\"window\\\":1e400"},
                                 {"\\\"sample_rate\\\":16000", "\\\"sample_rate\\\":0"}});
}

TEST(LongConvLoad, NumbersMayBeAtTheirLimits) {
  test::expect_limits(models::parse_longconv_config,
                      R"({"sample_rate":16000,"window":0.02,"hop":0.01,"any_rate":false,
                          "level_horizon":10,"channels":7,"blocks":2,"memory":5,"short_taps":3,
                          "long_taps":71,"filter_hidden":6,"exchange":9,"hidden":11,"taps":2,
                          "bands":[161]})",
                      {{"level_horizon", 1, 1'000'000},
                       {"channels", 1, 1024},
                       {"blocks", 1, 64},
                       {"memory", 1, 512},
                       {"short_taps", 1, 16},
                       {"long_taps", 1, 4096},
                       {"filter_hidden", 1, 256},
                       {"exchange", 1, 2048},
                       {"hidden", 1, 4096},
                       {"taps", 1, 8},
                       {"microphones", 1, 16},
                       {"coherence_horizon", 1, 1'000'000},
                       {"steady_horizon", 1, 100'000}});
}

TEST(LongConvLoad, BandsAndChannelsTogetherAreLimited) {
  const std::string wide =
      test::longconv_metadata({.bands = {18, 18, 18, 18, 18, 18, 18, 18, 17}, .channels = 1024});
  EXPECT_NE(refusal(test::longconv_weights({}), wide).find("bands times channels must be"),
            std::string::npos);
}

TEST(LongConvLoad, OfSeveralMicrophones) {
  const LongConvRecipe recipe{.microphones = 3};
  const auto model = test::random_longconv(recipe);
  EXPECT_EQ(model->spec().input_channels, 3);
  EXPECT_EQ(model->spec().max_rate, 192000);
  const std::string good = test::longconv_metadata(recipe);
  test::expect_lies_are_refused(models::make_longconv, test::longconv_weights(recipe), good,
                                "LongConv config",
                                {{"\\\"microphones\\\":3", "\\\"microphones\\\":0"},
                                 {"\\\"microphones\\\":3", "\\\"microphones\\\":17"},
                                 {"\\\"microphones\\\":3", "\\\"microphones\\\":\\\"all\\\""},
                                 {"\\\"coherence_horizon\\\":7", "\\\"coherence_horizon\\\":0"}});
  // Another number of microphones than the tensors were made for.
  EXPECT_NE(refusal(test::longconv_weights(recipe), test::longconv_metadata({.microphones = 2}))
                .find("split.0.weight"),
            std::string::npos);
}

TEST(LongConvLoad, OfASteadyFilter) {
  const LongConvRecipe recipe{.microphones = 3, .steady_frames = 5};
  const auto model = test::random_longconv(recipe),
             plain = test::random_longconv({.microphones = 3});
  EXPECT_EQ(model->spec().macs_per_second - plain->spec().macs_per_second,
            100.0 * 161 * 4 * (15 * 18 / 2 + 15 * 15 * 15 / 6.0 + 15 * 15 + 15));
  EXPECT_GT(model->spec().settle_hops, plain->spec().settle_hops);
  test::expect_lies_are_refused(models::make_longconv, test::longconv_weights(recipe),
                                test::longconv_metadata(recipe), "LongConv config",
                                {{"\\\"steady_frames\\\":5", "\\\"steady_frames\\\":6"},
                                 {"\\\"steady_frames\\\":5", "\\\"steady_frames\\\":-1"},
                                 {"\\\"steady_horizon\\\":6", "\\\"steady_horizon\\\":0"}});
  const LongConvRecipe deaf{.steady_frames = 2};
  EXPECT_NE(refusal(test::longconv_weights(deaf), test::longconv_metadata(deaf))
                .find("several microphones"),
            std::string::npos);
}

TEST(LongConvLoad, OfALongerAnalysisWindow) {
  const LongConvRecipe recipe{.bands = {321}, .analysis_window = 0.04};
  const auto model = test::random_longconv(recipe);
  EXPECT_EQ(model->spec().settle_hops,
            test::random_longconv({.bands = {161}})->spec().settle_hops + 2);
  test::expect_lies_are_refused(
      models::make_longconv, test::longconv_weights(recipe), test::longconv_metadata(recipe),
      "LongConv config",
      {{"\\\"analysis_window\\\":0.04", "\\\"analysis_window\\\":0.02"},
       {"\\\"analysis_window\\\":0.04", "\\\"analysis_window\\\":0.01"},
       {"\\\"analysis_window\\\":0.04", "\\\"analysis_window\\\":0.05"},
       {"\\\"analysis_window\\\":0.04", "\\\"analysis_window\\\":0.3"},
       {"\\\"analysis_window\\\":0.04", "\\\"analysis_window\\\":\\\"long\\\""}});
}

TEST(LongConvLoad, TensorsThatDoNotFit) {
  const LongConvRecipe recipe;
  const std::string metadata = test::longconv_metadata(recipe);
  auto more = test::longconv_weights(recipe);
  more.add("blocks.2.memory.short", {3, 7}, 1.0f);
  EXPECT_NE(refusal(more, metadata).find("blocks.2.memory.short"), std::string::npos);
  // Sizes of the configuration that the tensors do not have.
  EXPECT_NE(refusal(test::longconv_weights(recipe), test::longconv_metadata({.channels = 8}))
                .find("split.0.weight"),
            std::string::npos);
  EXPECT_NE(refusal(test::longconv_weights(recipe), test::longconv_metadata({.exchange = 10}))
                .find("blocks.0.exchange.inputs.weight"),
            std::string::npos);
  EXPECT_NE(refusal(test::longconv_weights(recipe), test::longconv_metadata({.voice = true}))
                .find("voice.weight"),
            std::string::npos);
}

TEST(LongConvLoad, ALargeClaimCostsLittle) {
  const std::string huge = test::longconv_metadata({.bands = {161},
                                                    .channels = 1024,
                                                    .memory = 512,
                                                    .long_taps = 4096,
                                                    .exchange = 2048,
                                                    .hidden = 4096,
                                                    .microphones = 16});
  test::expect_a_large_claim_costs_little(models::make_longconv, test::longconv_weights({}), huge,
                                          "split.0.weight");
}

// exp(exp(90)) is too much for any window.
TEST(LongConvLoad, FiltersThatAreNotFinite) {
  const LongConvRecipe recipe{.log_decay = 1000.0f};
  EXPECT_NE(refusal(test::longconv_weights(recipe), test::longconv_metadata(recipe))
                .find("blocks.0.memory.filters"),
            std::string::npos);
}

}  // namespace
}  // namespace limpid
