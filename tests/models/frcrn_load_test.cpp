// SPDX-License-Identifier: MIT
// FRCRN files that lie: each is refused with a message that says what is wrong.
#include <gtest/gtest.h>

#include "models/frcrn/config.h"
#include "models/frcrn/frcrn.h"
#include "tests/support/bad_weights.h"
#include "tests/support/random_frcrn.h"

namespace limpid {
namespace {

using test::FrcrnRecipe;

struct Lie {
  const char *what, *with, *message;
};

void expect_refused(const FrcrnRecipe& recipe, std::initializer_list<Lie> lies) {
  const auto file = test::frcrn_weights(recipe);
  const std::string good = test::frcrn_metadata(recipe);
  EXPECT_EQ(test::refusal(models::make_frcrn, file, good), "");
  for (const auto& [what, with, message] : lies) {
    const auto said = test::refusal(models::make_frcrn, file, test::replaced(good, what, with));
    EXPECT_NE(said.find(std::string("FRCRN config: ") + message), std::string::npos)
        << with << ": " << said;
  }
}

TEST(FrcrnLoad, NumbersOutOfTheirRange) {
  expect_refused(
      {}, {{R"(rate\":16000)", R"(rate\":7999)", "sample_rate is 7999"},
           {R"(\"unets\":1)", R"(\"unets\":3)", "unets is 3"},
           {R"(\"unets\":1)", R"(\"unets\":1,\"taps\":9)", "taps is 9"},
           {R"(\"unets\":1)", R"(\"unets\":1,\"level_horizon\":-1)", "level_horizon is -1"},
           {R"(frequency_order\":20)", R"(frequency_order\":257)", "frequency_order is 257"},
           {R"(\"time_order\":20)", R"(\"time_order\":-1)", "time_order is -1"},
           {R"(time_layers\":2)", R"(time_layers\":9)", "time_layers is 9"},
           {R"(\"channels\":[4,)", R"(\"channels\":[0,)", "channels must be 1..1024"},
           {R"(\"channels\":[4,)", R"(\"channels\":[1025,)", "channels must be 1..1024"},
           {R"(\"kernels\":[5,)", R"(\"kernels\":[1,)", "kernels must be 2..9"},
           {R"(kernels\":[2,)", R"(kernels\":[10,)", "kernels must be 2..9"},
           {R"(\"hop\":0.01)", R"(\"hop\":0.0009)", "window and hop must be 0.001..0.2 seconds"},
           {R"(\"hop\":0.01)", R"(\"hop\":0.11)", "window and hop must be 0.001..0.2 seconds"},
           {R"(window\":0.02)", R"(window\":0.0019)", "window and hop must be 0.001..0.2 seconds"},
           {R"(window\":0.02)", R"(window\":0.21)", "window and hop must be 0.001..0.2 seconds"},
           {R"(compression\":0.5)", R"(compression\":0.7)", "compression must be 1 or 0.5"},
           {R"(reduction\":2)", R"(reduction\":0)", "reduction and pooling_horizon must be"},
           {R"(reduction\":2)", R"(reduction\":2,\"pooling_horizon\":0)", "reduction and pooling"},
           {R"(pooling\":\"none)", R"(pooling\":\"sum)", "pooling 'sum' is none of none, global"}});
}

TEST(FrcrnLoad, NumbersThatDoNotFitEachOther) {
  expect_refused(
      {},
      {{"[4,5,8,6,8,8]", "[4]", "depth must be 2..10"},
       {"[4,5,8,6,8,8]", "[4,4,4,4,4,4,4,4,4,4,4]", "depth must be 2..10"},
       {"[5,5,5,5,5,2]", "[5,5,5,5,2]", "channels, kernels and decoder_kernels differ"},
       {"[2,5,5,6,5,5]", "[2,5,5,6,5]", "channels, kernels and decoder_kernels differ"},
       {R"(window\":0.02)", R"(window\":0.0249)", "window must be two hops or more"},
       {R"(window\":0.02)", R"(window\":0.01)", "window must be two hops or more"},
       {R"(window\":0.02)", R"(window\":0.03)", "with any_rate the window must be an even number"},
       {R"(\"unets\":1)", R"(\"unets\":2,\"level_horizon\":5)", "level_horizon needs unets 1"},
       {R"(\"none\",\"lookahead\":false)", R"(\"global\",\"lookahead\":true,\"level_horizon\":5)",
        "level_horizon needs unets 1"},
       {R"(\"unets\":1)", R"(\"unets\":2,\"taps\":2)", "taps above 1 need unets 1"},
       {R"(lookahead\":false)", R"(lookahead\":true,\"taps\":2)", "taps above 1 need unets 1"},
       {R"(\"none\")", R"(\"global\")", "global pooling is for networks with look-ahead"},
       {R"(\"none\")", R"(\"frozen\")", "frozen pooling needs equal channels"},
       {"[5,5,5,5,5,2]", "[5,5,5,5,5,3]", "encoder 5 has fewer frequencies than kernel taps"},
       {"[2,5,5,6,5,5]", "[2,5,5,5,5,5]",
        "decoder 3 makes 37 frequencies where its encoder had 38"}});
  expect_refused({.pooling = "running"},
                 {{R"(reduction\":2)", R"(reduction\":5)", "reduction exceeds the channels"}});
}

// Two levels: 161 -> 79 -> 38 frequencies and back. Convolutions with two taps in time, the
// recurrences along frequency around the second level, two along time, the closing 1x1 convolution.
TEST(FrcrnLoad, CountsItsArithmetic) {
  const auto frame = [](const std::string& more) {
    const auto config = models::parse_frcrn_config(
        R"({"sample_rate":16000,"any_rate":false,"window":0.02,"hop":0.01,"kernels":[5,5],
            "decoder_kernels":[5,5],"time_layers":2,"reduction":2,"channels":[2,3],
            "compression":1,"pooling":"none","lookahead":false,"frequency_order":10,
            "time_order":7,)" +
            more + "}",
        "here");
    EXPECT_TRUE(config) << config.error().message;
    return config ? config->macs_per_second() / 100 : 0;
  };
  const double outer = 8 * 5 * 2 * 79, inner = 8 * 5 * 2 * 3 * 38, last = 8 * 5 * 4 * 79;
  const double along = 2 * 4 * 79 * 2 * (4 + 10) + 2 * 4 * 3 * (6 + 7);
  const double rest = outer + 2 * inner + along;
  EXPECT_NEAR(frame(R"("unets":1)"), rest + last + 4 * 161, 1e-6);
  EXPECT_NEAR(frame(R"("unets":2)"), 2 * (rest + last + 4 * 161), 1e-6);
  EXPECT_NEAR(frame(R"("unets":1,"taps":2,"voice":true)"),
              rest + 2 * last + 4 * 4 * 161 + 4 * 2 * 161 + 2 * 3, 1e-6);
}

}  // namespace
}  // namespace limpid
