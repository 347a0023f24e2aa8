// SPDX-License-Identifier: MIT
// DeFTAN-II files that lie: each is refused with a message that says what is wrong.
#include <gtest/gtest.h>

#include "models/deftan2/config.h"
#include "models/deftan2/deftan2.h"
#include "tests/support/bad_weights.h"
#include "tests/support/random_deftan2.h"

namespace limpid {
namespace {

using test::Deftan2Recipe;

std::string refusal(const test::WeightsBuilder& file, const std::string& metadata) {
  return test::refusal(models::make_deftan2, file, metadata);
}

TEST(Deftan2Load, SaysWhatTheNetworkIs) {
  const auto causal = test::random_deftan2({.microphones = 3});
  EXPECT_EQ(causal->spec().architecture, "deftan2");
  EXPECT_EQ(causal->spec().input_channels, 3);
  EXPECT_EQ(causal->spec().output_channels, 1);
  EXPECT_EQ(causal->spec().memory, Memory::carried);
  const auto format = causal->format(16000);
  ASSERT_TRUE(format);
  EXPECT_EQ(format->hop, 256);
  EXPECT_EQ(format->latency, 256);
  EXPECT_EQ(test::random_deftan2({.causal = false})->spec().memory, Memory::windowed);
}

// 70.387 GMAC for a second of four microphones: section 3 of the published network's description.
TEST(Deftan2Load, ArithmeticOfThePublishedNetwork) {
  const auto model = test::random_deftan2({.microphones = 4,
                                           .layers = 6,
                                           .channels = 64,
                                           .unfold = 4,
                                           .heads = 4,
                                           .head_width = 64,
                                           .hidden = 256,
                                           .causal = false});
  EXPECT_NEAR(model->spec().macs_per_second / 1e9, 70.387, 1.2);  // which counts edges as they are
  EXPECT_EQ(model->spec().parameters, 3'997'988);
}

TEST(Deftan2Load, ConfigsThatCannotBe) {
  const Deftan2Recipe recipe;
  const auto file = test::deftan2_weights(recipe);
  const std::string good = test::deftan2_metadata(recipe);
  test::expect_lies_are_refused(models::make_deftan2, file, good, "DeFTAN-II config",
                                {{"\\\"channels\\\":6", "\\\"channels\\\":0"},
                                 {"\\\"channels\\\":6", "\\\"channels\\\":100000"},
                                 {"\\\"channels\\\":6", "\\\"channels\\\":6.5"},
                                 {"\\\"channels\\\":6", "\\\"channels\\\":4294967302"},
                                 {"\\\"channels\\\":6", "\\\"channels\\\":\\\"many\\\""},
                                 {"\\\"channels\\\":6", "\\\"canals\\\":6"},
                                 {"\\\"microphones\\\":2", "\\\"microphones\\\":-2"},
                                 {"\\\"layers\\\":2", "\\\"layers\\\":40"},
                                 {"\\\"unfold\\\":3", "\\\"unfold\\\":1"},
                                 {"\\\"heads\\\":2", "\\\"heads\\\":0"},
                                 {"\\\"head_width\\\":3", "\\\"head_width\\\":257"},
                                 {"\\\"hidden\\\":10", "\\\"hidden\\\":11"},
                                 {"\\\"level_horizon\\\":30", "\\\"level_horizon\\\":0"},
                                 {"\\\"output\\\":\\\"filter\\\"", "\\\"output\\\":\\\"sum\\\""},
                                 {"\\\"input\\\":\\\"plain\\\"", "\\\"input\\\":7"},
                                 {"\\\"compression\\\":1", "\\\"compression\\\":2"},
                                 {"\\\"window\\\":0.032", "\\\"window\\\":0.05"},
                                 {"\\\"window\\\":0.032", "\\\"window\\\":1e400"},
                                 {"\\\"hop\\\":0.016", "\\\"hop\\\":0.0"},
                                 {"\\\"sample_rate\\\":16000", "\\\"sample_rate\\\":0"}});
}

TEST(Deftan2Load, NumbersMayBeAtTheirLimits) {
  const auto json = [](bool causal) {
    return std::string(R"({"sample_rate":16000,"window":0.032,"hop":0.016,"microphones":2,
                           "layers":2,"channels":6,"unfold":3,"heads":2,"head_width":3,
                           "hidden":10,"level_horizon":30,"output":"filter","causal":)") +
           (causal ? "true}" : "false}");
  };
  test::expect_limits(models::parse_deftan2_config, json(false),
                      {{"microphones", 1, 64},
                       {"layers", 1, 16},
                       {"channels", 1, 512},
                       {"unfold", 2, 4},
                       {"heads", 1, 32},
                       {"head_width", 1, 256}});
  test::expect_limits(models::parse_deftan2_config, json(true),
                      {{"layers", 1, 10}, {"level_horizon", 1, 1'000'000}});
}

TEST(Deftan2Load, TensorsThatDoNotFitAreNamed) {
  const Deftan2Recipe recipe;
  const std::string good = test::deftan2_metadata(recipe);
  const auto wider = test::deftan2_weights({.hidden = 12});
  EXPECT_NE(refusal(wider, good).find("blocks.0.F_ffw.fn.PW1.0.weight"), std::string::npos);
  const auto longer = test::deftan2_weights({.layers = 3});
  EXPECT_NE(refusal(longer, good).find("blocks.2."), std::string::npos);
  const auto shorter = test::deftan2_weights({.layers = 1});
  EXPECT_NE(refusal(shorter, good).find("blocks.1."), std::string::npos);
  const auto deaf = test::deftan2_weights({.microphones = 1});
  EXPECT_NE(refusal(deaf, good).find("up_conv.0.weight"), std::string::npos);
  const auto published = test::deftan2_weights({.causal = false});
  EXPECT_NE(refusal(published, good), "");
}

TEST(Deftan2Load, ALargeClaimCostsLittle) {
  const std::string huge = test::deftan2_metadata({.microphones = 64,
                                                   .layers = 10,
                                                   .channels = 512,
                                                   .unfold = 4,
                                                   .heads = 32,
                                                   .head_width = 256,
                                                   .hidden = 2048});
  test::expect_a_large_claim_costs_little(models::make_deftan2, test::deftan2_weights({}), huge,
                                          "up_conv.0.weight");
}

}  // namespace
}  // namespace limpid
