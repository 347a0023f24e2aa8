// SPDX-License-Identifier: MIT
// Reading and writing of whole, honest weight files.
#include "lib/io/weights.h"

#include <gtest/gtest.h>

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
            "x: tensor 'steps': expected dtype F32 or BF16, found I64");
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

TEST(Weights, SurvivesBeingMoved) {
  auto first = Weights::parse(test::valid_file(), "f");
  auto values = first->find("a", {2, 3});
  Weights second = *std::move(first);
  EXPECT_EQ((*values)[5], 6);
  EXPECT_TRUE(second.find("b", {}).ok());
}

TEST(SaveWeights, RoundTrip) {
  TemporaryFolder folder;
  const auto path = folder / "weights with blank \xC3\xA9.safetensors";
  const std::vector<float> values{-0.0f, 1e-40f, 3.5f, std::numeric_limits<float>::max()};
  const std::vector<NamedTensor> tensors{{"w.\"quoted\"", {2, 2}, values}, {"none", {0}, {}}};
  auto saved = save_weights(path, tensors, {{"config", "{\"a\": 1}"}});
  ASSERT_TRUE(saved.ok()) << saved.error().message;
  auto weights = Weights::open(path);
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  auto found = weights->find("w.\"quoted\"", {2, 2});
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_TRUE(std::equal(values.begin(), values.end(), found->begin(), found->end()));
  EXPECT_EQ(weights->metadata("config"), "{\"a\": 1}");
  EXPECT_TRUE(weights->find("none", {0}).ok());
  EXPECT_TRUE(weights->all_used().ok());
  EXPECT_EQ(folder.names().size(), 1u) << "no temporary file stays behind";
  std::ifstream file(path, std::ios::binary);
  std::uint64_t length = 0;
  file.read(reinterpret_cast<char*>(&length), sizeof length);
  EXPECT_EQ(length % 8, 0u) << "data must be aligned for readers that map the file";
}

TEST(SaveWeights, RefusesWhatItCouldNotReadBack) {
  TemporaryFolder folder;
  const std::vector<float> two{1, 2};
  const std::vector<float> bad{1, std::numeric_limits<float>::quiet_NaN()};
  const std::vector<std::vector<NamedTensor>> cases{{{"a", {3}, two}},
                                                    {{"a", {-1, -2}, two}},
                                                    {{"a", {2}, bad}},
                                                    {{"\xFF", {2}, two}},
                                                    {{"a", {2}, two}, {"a", {2}, two}},
                                                    {{"__metadata__", {2}, two}}};
  for (const auto& tensors : cases) {
    auto saved = save_weights(folder / "x.safetensors", tensors, {});
    ASSERT_FALSE(saved.ok()) << tensors[0].name;
    EXPECT_EQ(saved.error().code, ErrorCode::invalid_argument) << saved.error().message;
  }
  EXPECT_TRUE(folder.names().empty());
}

TEST(SaveWeights, MissingFolderIsAnError) {
  TemporaryFolder folder;
  auto saved = save_weights(folder / "absent" / "x.safetensors", {}, {});
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace limpid::io
