// SPDX-License-Identifier: MIT
// What a model file says about itself is read as strictly as anyone's file has to be.
#include "models/config_fields.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <new>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "models/card.h"
#include "models/registry.h"
#include "tests/io/safetensors_bytes.h"
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

struct Sizes {
  int width = 0, taps = 3;
};
constexpr NumberField<Sizes> kSizes[] = {{"width", &Sizes::width, 1, 8},
                                         {"taps", &Sizes::taps, 1, 4, true}};

Result<Sizes> sizes(const char* json) {
  return read_config<Sizes>(
      json, "a.file", "test",
      [](const nlohmann::json& fields) {
        Sizes read;
        read_numbers(fields, kSizes, read);
        return read;
      },
      [](const Sizes& read) { return range_problem(kSizes, read); });
}

TEST(ConfigFields, ErrorsNameFileNetworkAndNumber) {
  const auto good = sizes(R"({"width": 8})");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->width, 8);
  EXPECT_EQ(good->taps, 3) << "the default";
  EXPECT_EQ(sizes(R"({"width": 8, "taps": 1})")->taps, 1);

  EXPECT_EQ(sizes(R"({"width": 9})").error().message,
            "a.file: test config: width is 9, must be 1..8");
  EXPECT_EQ(sizes(R"({"width": 1, "taps": 0})").error().message,
            "a.file: test config: taps is 0, must be 1..4");
  for (const char* bad : {"", "{", "[]", R"({"taps": 1})", R"({"width": "8"})"}) {
    const auto failed = sizes(bad);
    ASSERT_FALSE(failed) << bad;
    EXPECT_EQ(failed.error().code, ErrorCode::bad_format) << bad;
    EXPECT_EQ(failed.error().message.find("a.file: test config: "), 0u) << bad;
  }
}

TEST(ConfigFields, WordsStandForOneOf) {
  const auto json = nlohmann::json::parse(R"({"size": "large", "number": 7})");
  const auto read = [&](const char* key, const char* otherwise = nullptr) {
    return one_of<int>(json, key, {{"small", 1}, {"large", 2}}, otherwise);
  };
  EXPECT_EQ(read("size"), 2);
  EXPECT_EQ(read("absent", "small"), 1);
  EXPECT_THROW(read("absent"), nlohmann::json::exception);
  EXPECT_THROW(read("number"), nlohmann::json::exception);
  try {
    read("absent", "huge");
    FAIL() << "took a word that stands for nothing";
  } catch (const std::invalid_argument& problem) {
    EXPECT_STREQ(problem.what(), "absent 'huge' is none of small, large");
  }
}

TEST(ConfigFields, WholeHops) {
  EXPECT_TRUE(whole_hops(0.02, 0.01));
  EXPECT_TRUE(whole_hops(0.032, 0.008));
  EXPECT_FALSE(whole_hops(0.0249, 0.01));
  EXPECT_FALSE(whole_hops(0.02, 0.0));
}

// A tensor of nothing may have extents whose product overflows.
TEST(ModelCard, CountsTheParametersOfAnyShape) {
  const auto bytes =
      test::safetensors(test::object({test::entry("nothing", "[4611686018427387904,2,0]", 0, 0),
                                      test::entry("some", "[2,3]", 0, 24),
                                      test::entry("bn.running_mean", "[2]", 24, 32)}),
                        {1, 2, 3, 4, 5, 6, 7, 8});
  const auto weights = io::Weights::parse(bytes, "file");
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_EQ(spec_from_card(*weights).parameters, 6) << "running statistics are not trained";
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

TEST(ConfigFields, MemoryThatEndsIsNoFaultOfTheFile) {
  const auto read = [](const nlohmann::json&) -> int { throw std::bad_alloc(); };
  const auto check = [](const int&) { return std::string(); };
  const auto config = read_config<int>("{}", "file", "network", read, check);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().code, ErrorCode::out_of_memory);
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
