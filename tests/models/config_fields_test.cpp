// SPDX-License-Identifier: MIT
// What a model file says about itself is read as strictly as anyone's file has to be.
#include "models/config_fields.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "models/registry.h"
#include "tests/support/random_longconv.h"

namespace limpid::models {
namespace {

TEST(ConfigFields, NumbersAreWholeAndFit) {
  const auto json = nlohmann::json::parse(
      R"({"good": -7, "most": 2147483647, "least": -2147483648, "above": 2147483648,
          "below": -2147483649, "wraps": 4294967303, "half": 7.5, "float": 7.0, "text": "7",
          "list": [1, 2], "mixed": [1, 2.5]})");
  EXPECT_EQ(whole_number(json, "good"), -7);
  EXPECT_EQ(whole_number(json, "most"), 2147483647);
  EXPECT_EQ(whole_number(json, "least"), -2147483647 - 1);
  EXPECT_EQ(whole_number(json, "absent", 5), 5);
  EXPECT_EQ(whole_number(json, "good", 5), -7);
  for (const char* bad : {"above", "below", "wraps", "half", "float", "text", "list"})
    EXPECT_THROW(whole_number(json, bad), std::invalid_argument) << bad;
  EXPECT_THROW(whole_number(json, "absent"), nlohmann::json::exception);
  EXPECT_EQ(whole_numbers(json, "list"), (std::vector<int>{1, 2}));
  for (const char* bad : {"mixed", "good"})
    EXPECT_THROW(whole_numbers(json, bad), std::invalid_argument) << bad;
}

TEST(ConfigFields, WholeHops) {
  EXPECT_TRUE(whole_hops(0.02, 0.01));
  EXPECT_TRUE(whole_hops(0.032, 0.008));
  EXPECT_FALSE(whole_hops(0.0249, 0.01));
  EXPECT_FALSE(whole_hops(0.02, 0.0));
}

TEST(ConfigFields, HowDeepTextNests) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + "{}" + std::string(depth, ']');
  };
  EXPECT_FALSE(nests_deeply(nested(63)));
  EXPECT_TRUE(nests_deeply(nested(64)));
  EXPECT_FALSE(nests_deeply("\"" + nested(100) + "\\\"" + nested(100) + "\"")) << "a string";
  std::string wide;
  for (int i = 0; i < 100; ++i) wide += "[],{},";
  EXPECT_FALSE(nests_deeply(wide));
}

// As a program that shows a model's card walks through it, it must not be a pit.
TEST(ConfigFields, ADeepCardIsRefused) {
  std::string metadata = test::longconv_metadata({});
  const std::string card = R"("card":"{\"name\":\"random\"}")";
  const auto at = metadata.find(card);
  ASSERT_NE(at, metadata.npos);
  metadata.replace(at, card.size(),
                   "\"card\":\"" + std::string(100'000, '[') + std::string(100'000, ']') + "\"");
  const auto bytes = test::longconv_weights({}).bytes(metadata);
  const auto path = std::filesystem::path(testing::TempDir()) / "deep.safetensors";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  const auto model = load_file(path);
  std::filesystem::remove(path);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::bad_format);
  EXPECT_NE(model.error().message.find("\"card\" nests"), std::string::npos)
      << model.error().message;
}

}  // namespace
}  // namespace limpid::models
