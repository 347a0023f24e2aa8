// SPDX-License-Identifier: MIT
// What `limpid attention` says of a model whose sinks and massive activations were planted.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>

#include "examples/limpid/attention_summary.h"
#include "examples/limpid/report/attention_page.h"
#include "examples/limpid/report/heat_map.h"
#include "tests/cli/workbench.h"
#include "tests/support/attending_model.h"

namespace limpid::cli {
namespace {

using test::AttendingConfig;

AttentionTrace trace_of(const AttendingConfig& config, int seconds = 2) {
  Tensor<float, 2> audio({1, 16000 * seconds});
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 0.1f);
  for (float& x : audio.view()[0].span()) x = normal(random);
  auto trace = test::attending_model(config)->trace_attention(audio.view());
  EXPECT_TRUE(trace.ok());
  return *std::move(trace);
}

TEST(AttentionSummary, ShowsAPlantedSink) {
  const auto summary = summarise(trace_of({}), {});
  EXPECT_EQ(summary.tokens, 101);
  EXPECT_EQ(summary.groups, std::vector<std::string>{"frame"});
  EXPECT_EQ(summary.order, "0 <start>, 1–100 frame");
  ASSERT_EQ(summary.layers.size(), 4u);
  EXPECT_EQ(summary.sink_rate, 1);
  for (const LayerSummary& layer : summary.layers) {
    EXPECT_GT(layer.received, 0.5);
    EXPECT_GT(layer.mass_share, 0.5);
    EXPECT_LT(layer.value_share, layer.mass_share);
    EXPECT_NEAR(layer.row_mass, 1, 1e-5);
    EXPECT_LT(layer.value_drain, 0.5);
    EXPECT_LT(layer.rival_share, 0.1);
  }
  const auto plain = summarise(trace_of({.sink = false}), {});
  EXPECT_LT(plain.sink_rate, 0.3);
  EXPECT_LT(plain.layers[1].mass_share, 0.2);
}

TEST(AttentionSummary, ShowsPlantedMassiveActivations) {
  const auto summary = summarise(trace_of({}), {});
  ASSERT_EQ(summary.states.size(), 5u);
  EXPECT_EQ(summary.massive.features, (std::vector{3, 9}));
  EXPECT_FALSE(summary.massive.in_first || summary.massive.in_last);
  EXPECT_GT(summary.states[3].first_length, 10);
  EXPECT_GT(summary.states[3].kurtosis, 100);
  EXPECT_EQ(describe_massive(summary.massive),
            "Massive activations after blocks 2, 3, at token 0, always in features 3, 9.");
  const auto none = summarise(trace_of({.massive = false}), {});
  EXPECT_TRUE(none.massive.features.empty());
  EXPECT_EQ(describe_massive(none.massive).substr(0, 22), "No massive activations");
}

TEST(AttentionSummary, KindsWithoutANormaliserHaveNoVirtualKey) {
  const auto sigmoid = summarise(trace_of({.kind = nn::AttentionKind::sigmoid}), {});
  EXPECT_EQ(sigmoid.virtual_sink_rate, 0);
  EXPECT_NE(to_text(sigmoid).find("–"), std::string::npos);
  const auto logit =
      summarise(trace_of({.kind = nn::AttentionKind::sink_logit, .sink = false}), {});
  EXPECT_GT(logit.virtual_sink_rate, 0.5);
  EXPECT_LT(logit.layers[0].row_mass, 0.7);
  EXPECT_NE(to_text(logit).find("no token is attended to"), std::string::npos);
}

TEST(AttentionSummary, TextAndJsonSayTheSame) {
  const auto summary = summarise(trace_of({}), {.length = 0});
  const std::string text = to_text(summary);
  const auto json = to_json(summary);
  EXPECT_NE(text.find("100.0 % of heads"), std::string::npos) << text;
  EXPECT_NE(text.find("cos frame"), std::string::npos);
  EXPECT_NE(text.find("\ntokens: 0 <start>, 1–100 frame\n"), std::string::npos) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 17) << text;
  EXPECT_EQ(json["layers"].size(), 4u);
  EXPECT_EQ(json["sink_rate"], 1);
  EXPECT_EQ(json["massive_features"], (std::vector{3, 9}));
  EXPECT_EQ(json["states"][2]["massive"][0]["token"], 0);
  EXPECT_TRUE(json["states"][1]["cosine_to_first"].contains("frame"));
}

TEST(HeatMap, LargeMatricesKeepTheirPeaks) {
  Tensor<float, 2> large({1000, 3});
  large.view()[777][1] = 1;
  const std::string with = heat_map({large.view(), 0, 1, "query", "key"}, 10);
  large.view()[777][1] = 0;
  const std::string without = heat_map({large.view(), 0, 1, "query", "key"}, 10);
  EXPECT_NE(with, without);
  EXPECT_NE(with.find(">999<"), std::string::npos);  // the last row's number
  EXPECT_NE(with.find(">query<"), std::string::npos);
}

class AttentionPage : public test::Workbench {};

TEST_F(AttentionPage, HoldsAPictureOfEveryHeadAndState) {
  const auto trace = trace_of({});
  const auto path = (*this)("deep/report.html");
  ASSERT_TRUE(write_attention_page(path, trace, summarise(trace, {}), {"m<odel", "a&b.wav"}).ok());
  std::ifstream file(path);
  const std::string html{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(html.ends_with("</html>\n"));
  EXPECT_NE(html.find("m&lt;odel"), std::string::npos);
  EXPECT_NE(html.find("a&amp;b.wav"), std::string::npos);
  std::size_t pictures = 0;
  for (auto at = html.find("data:image/png"); at != std::string::npos;
       at = html.find("data:image/png", at + 1))
    ++pictures;
  EXPECT_EQ(pictures, 4u * 4 + 5 + 1);  // heads, states, cosines
}

}  // namespace
}  // namespace limpid::cli
