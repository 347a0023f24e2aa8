// SPDX-License-Identifier: MIT
// Reading of whole, honest weight files.
#include "lib/io/weights.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <limits>

#include "tests/io/safetensors_bytes.h"
#include "tests/support/temporary_folder.h"

namespace limpid::io {
namespace {

using test::TemporaryFolder;

TEST(Weights, FindsTensorsAndMetadata) {
  auto weights = Weights::parse(test::valid_file(), "valid");
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  auto a = weights->find("a", {2, 3});
  ASSERT_TRUE(a.ok()) << a.error().message;
  EXPECT_EQ(std::vector<float>(a->begin(), a->end()), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  auto b = weights->find("b", {});
  ASSERT_TRUE(b.ok()) << b.error().message;
  EXPECT_EQ((*b)[0], 7);
  EXPECT_EQ(weights->metadata("architecture"), "none");
  EXPECT_EQ(weights->metadata("absent"), "");
  EXPECT_EQ(weights->origin(), "valid");
}

TEST(Weights, HeaderMayEndInBlanksAndListTensorsInAnyOrder) {
  auto weights = Weights::parse(
      test::safetensors(
          test::object({test::entry("late", "[1]", 4, 8), test::entry("empty", "[0,9]", 4, 4),
                        test::entry("early", "[1]", 0, 4)}) +
              "     ",
          {1, 2}),
      "x");
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  EXPECT_EQ((*weights->find("late", {1}))[0], 2);
  EXPECT_TRUE(weights->find("empty", {0, 9})->empty());
}

TEST(Weights, OtherTypesAreListedButNotFound) {
  auto weights = Weights::parse(
      test::safetensors(test::object({test::entry("steps", "[]", 0, 8, "I64")}), {0, 0}), "x");
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  EXPECT_EQ(weights->tensors().at("steps").dtype, "I64");
  EXPECT_EQ(weights->find("steps", {}).error().message,
            "x: tensor 'steps': expected dtype F32, BF16 or I8, found I64");
}

TEST(Weights, SizesOfEveryType) {
  const std::pair<const char*, std::uint64_t> types[] = {
      {"F64", 8},     {"I64", 8},     {"U64", 8}, {"F32", 4}, {"I32", 4},
      {"U32", 4},     {"F16", 2},     {"I16", 2}, {"U16", 2}, {"BF16", 2},
      {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  for (const auto& [dtype, size] : types)
    EXPECT_TRUE(Weights::parse(
        test::safetensors(test::object({test::entry("a", "[4]", 0, 4 * size, dtype)}),
                          std::vector<float>(size)),
        "x"))
        << dtype;
}

TEST(Weights, UpperHalvesAreWidened) {
  // 1, -2, 2^-126 and a second tensor behind them; in memory the first 16 bits are the lower ones.
  auto weights = Weights::parse(
      test::safetensors(test::object({test::entry("half", "[3]", 0, 6, "BF16"),
                                      test::entry("odd", "[1]", 6, 8, "BF16"),
                                      test::entry("whole", "[1]", 8, 12)}),
                        {std::bit_cast<float>(0xc0003f80u), std::bit_cast<float>(0x40400080u), 7}),
      "x");
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  const auto half = weights->find("half", {3}), odd = weights->find("odd", {1});
  ASSERT_TRUE(half.ok() && odd.ok());
  EXPECT_EQ(std::vector<float>(half->begin(), half->end()), (std::vector{1.0f, -2.0f, 0x1p-126f}));
  EXPECT_EQ((*odd)[0], 3.0f);
  EXPECT_EQ((*weights->find("whole", {1}))[0], 7.0f);
  EXPECT_TRUE(weights->all_used());
}

TEST(Weights, UpperHalvesMustBeFinite) {
  auto weights =
      Weights::parse(test::safetensors(test::object({test::entry("half", "[2]", 0, 4, "BF16")}),
                                       {std::bit_cast<float>(0x7f803f80u)}),
                     "x");
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  EXPECT_EQ(weights->find("half", {2}).error().message,
            "x: tensor 'half': expected finite values, found inf at element 1");
}

// Two rows of -127, 2, 3 and 127, -1, 0; in memory the first byte is the lowest.
std::vector<std::byte> eight_bit_file(const std::string& scale_entry) {
  return test::safetensors(
      test::object({scale_entry, test::entry("w", "[2,3]", 8, 14, "I8"),
                    test::entry("odd", "[1]", 14, 16, "BF16")}),
      {0.5f, 0.25f, std::bit_cast<float>(0x7f030281u), std::bit_cast<float>(0x408000ffu)});
}

TEST(Weights, RowsOfEightBitsAreScaled) {
  auto weights = Weights::parse(eight_bit_file(test::entry("w_scale", "[2]", 0, 8)), "x");
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  const auto rows = weights->find("w", {2, 3});
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  EXPECT_EQ(std::vector<float>(rows->begin(), rows->end()),
            (std::vector{-63.5f, 1.0f, 1.5f, 31.75f, -0.25f, 0.0f}));
  EXPECT_EQ((*weights->find("odd", {1}))[0], 4.0f);
  EXPECT_TRUE(weights->all_used()) << "the scales are used with their rows";
  EXPECT_TRUE(weights->is_scale("w_scale"));
  EXPECT_FALSE(weights->is_scale("w"));
  EXPECT_FALSE(weights->is_scale("odd_scale")) << "not of 8 bits";
}

TEST(Weights, RowsOfEightBitsNeedAScaleEach) {
  const std::pair<std::string, const char*> cases[] = {
      {test::entry("scale", "[2]", 0, 8), "missing, expected shape [2]"},
      {test::entry("w_scale", "[2,1]", 0, 8), "expected shape [2], found [2, 1]"},
      {test::entry("w_scale", "[2]", 0, 8, "U32"), "expected dtype F32, found U32"},
      {test::entry("w_scale", "[8]", 0, 8, "I8"), "expected dtype F32, found I8"},
  };
  for (const auto& [scale, problem] : cases) {
    auto weights = Weights::parse(eight_bit_file(scale), "x");
    ASSERT_TRUE(weights.ok()) << weights.error().message;
    const auto found = weights->find("w", {2, 3});
    ASSERT_FALSE(found.ok()) << scale;
    EXPECT_EQ(found.error().message, std::string("x: tensor 'w_scale': ") + problem);
  }
}

TEST(Weights, NoTensorsIsAFile) {
  auto weights = Weights::parse(test::safetensors("{}", {}), "x");
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  EXPECT_TRUE(weights->tensors().empty());
}

TEST(Weights, SaysWhichTensorsNobodyUsed) {
  auto weights = Weights::parse(test::valid_file(), "f");
  ASSERT_TRUE(weights->find("b", {}).ok());
  EXPECT_EQ(weights->all_used().error().message,
            "f: the network has no place for 1 of its tensors: 'a'");
  ASSERT_FALSE(weights->find("a", {3, 2}).ok());
  EXPECT_FALSE(weights->all_used().ok()) << "a failed find() is no use";
  ASSERT_TRUE(weights->find("a", {2, 3}).ok());
  EXPECT_TRUE(weights->all_used().ok());
}

TEST(Weights, NamesTheFirstFiveThatNobodyUsed) {
  const auto of = [](std::initializer_list<std::string> names) {
    std::string header = "{";
    for (const auto& name : names)
      header += (header.size() > 1 ? "," : "") + test::entry(name, "[0]", 0, 0);
    return Weights::parse(test::safetensors(header + "}", {}), "f")->all_used().error().message;
  };
  EXPECT_TRUE(of({"a", "b", "c", "d", "e"}).ends_with("5 of its tensors: 'a', 'b', 'c', 'd', 'e'"));
  EXPECT_TRUE(of({"a", "b", "c", "d", "e", "f"})
                  .ends_with("6 of its tensors: 'a', 'b', 'c', 'd', 'e', ..."));
}

TEST(Weights, SurvivesBeingMoved) {
  auto first = Weights::parse(test::valid_file(), "f");
  Weights second = *std::move(first);
  EXPECT_EQ((*second.find("a", {2, 3}))[5], 6);
  EXPECT_TRUE(second.find("b", {}).ok());
}

TEST(Weights, ReadsAFile) {
  TemporaryFolder folder;
  const auto path = folder / "weights with blank \xC3\xA9.safetensors";
  const std::vector<float> values{-0.0f, 1e-40f, 3.5f, std::numeric_limits<float>::max()};
  const auto bytes = test::safetensors(test::object({R"("__metadata__":{"config":"{\"a\": 1}"})",
                                                     test::entry(R"(w.\"quoted\")", "[2,2]", 0, 16),
                                                     test::entry("none", "[0]", 16, 16)}),
                                       values);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  auto weights = Weights::open(path);
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  auto found = weights->find("w.\"quoted\"", {2, 2});
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_TRUE(std::ranges::equal(values, *found));
  EXPECT_EQ(weights->metadata("config"), "{\"a\": 1}");
  EXPECT_TRUE(weights->find("none", {0}).ok());
  EXPECT_TRUE(weights->all_used().ok());
}

}  // namespace
}  // namespace limpid::io
