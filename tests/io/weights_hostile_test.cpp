// SPDX-License-Identifier: MIT
// Weight files that lie. Each is refused with a message that says what is wrong and where.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <random>

#include "lib/io/weights.h"
#include "tests/io/safetensors_bytes.h"
#include "tests/support/temporary_folder.h"

namespace limpid::io {
namespace {

using test::entry;
using test::object;
using test::safetensors;

struct Lie {
  const char* name;
  test::Bytes bytes;
  std::string message;  // part of what must be said

  friend void PrintTo(const Lie& lie, std::ostream* out) { *out << lie.name; }
};

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[');
}

std::vector<Lie> lies() {
  const std::string a = entry("a", "[1]", 0, 4);
  return {
      {"Empty", {}, "found 0 bytes, expected at least the 8"},
      {"Prefix", test::Bytes(7), "found 7 bytes, expected at least the 8"},
      {"NoHeader", test::Bytes(8), "does not begin with '{'"},
      {"HugeHeader", safetensors("{}", {}, 100'000'001), "header of 100000001 bytes, expected at"},
      {"LongestHeader", safetensors("{}", {}, UINT64_MAX), "header of 18446744073709551615 bytes"},
      {"HeaderPastEnd", safetensors("{}", {}, 3), "header of 3 bytes, of which only 2 are there"},
      {"Array", safetensors("[]", {}), "does not begin with '{'"},
      {"Blank", safetensors(" {}", {}), "does not begin with '{'"},
      {"OpenEnd", safetensors("{", {}), "not valid JSON at its byte"},
      {"Trailing", safetensors("{}x", {}), "not valid JSON at its byte 3"},
      {"Deep", safetensors("{\"a\":" + nested(1'000'000), {}), "'a': found an array"},
      {"DeepShape", safetensors("{\"a\":{\"shape\":" + nested(1'000'000), {}),
       "tensor 'a', field 'shape': found an array, expected an integer"},
      {"DeepObject", safetensors("{\"a\":{\"dtype\":{", {}), "found an object, expected a string"},
      {"Null", safetensors("{\"a\":null}", {}), "header entry 'a': found null, expected an object"},
      {"Overlap", safetensors(object({a, entry("b", "[1]", 0, 4)}), {1}),
       "overlap another tensor, expected them to begin at 4"},
      {"PartialOverlap",
       safetensors(object({entry("a", "[2]", 0, 8), entry("b", "[2]", 4, 12)}), {1, 2, 3}),
       "tensor 'b': its bytes 4..12 overlap"},
      {"OutOfOrder", safetensors(object({entry("a", "[1]", 4, 0)}), {1}),
       "tensor 'a': its bytes 4..0 are out of order"},
      {"Hole", safetensors(object({a, entry("b", "[1]", 8, 12)}), {1, 2, 3}),
       "tensor 'b': its bytes 8..12 leave a hole, expected them to begin at 4"},
      {"HoleAtStart", safetensors(object({entry("a", "[1]", 4, 8)}), {1, 2}), "leave a hole"},
      {"Rest", safetensors(object({a}), {1, 2}), "the tensors end at byte 4 of the data, which"},
      {"PastEnd", safetensors(object({a, entry("b", "[1]", 4, 8)}), {1}),
       "tensor 'b': its bytes 4..8 run past the end of the data at 4"},
      {"Overflow", safetensors(object({entry("a", "[4294967296,4294967296]", 0, 4)}), {1}),
       "the size of shape [4294967296, 4294967296] overflows"},
      {"OverflowOfBytes", safetensors(object({entry("a", "[4611686018427387905]", 0, 4)}), {1}),
       "the size of shape [4611686018427387905] overflows"},
      {"NegativeDim", safetensors(object({entry("a", "[-1]", 0, 4)}), {1}),
       "tensor 'a', field 'shape': found the number -1, expected an integer from 0"},
      {"FloatDim", safetensors(object({entry("a", "[1.0]", 0, 4)}), {1}), "the number 1.0"},
      {"HugeDim", safetensors(object({entry("a", "[9223372036854775808]", 0, 4)}), {1}),
       "the number 9223372036854775808"},
      {"TextDim", safetensors(object({entry("a", "[\"1\"]", 0, 4)}), {1}), "found a string"},
      {"ManyDims",
       safetensors(object({entry("a", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", 0, 4)}), {1}),
       "'shape': more than 16 numbers"},
      {"Twice", safetensors(object({a, a}), {1}), "'a': the name occurs twice"},
      {"MetadataTwice", safetensors("{\"__metadata__\":{},\"__metadata__\":{}}", {}),
       "'__metadata__': occurs twice"},
      {"MetadataKeyTwice", safetensors("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", {}),
       "__metadata__ entry 'k': the name occurs twice"},
      {"MetadataNumber", safetensors("{\"__metadata__\":{\"k\":1}}", {}),
       "__metadata__ entry 'k': found the number 1, expected a string"},
      {"FieldTwice", safetensors("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"", {}),
       "field 'dtype': the field occurs twice"},
      {"UnknownField", safetensors("{\"a\":{\"type\":\"F32\"", {}), "field 'type': unknown field"},
      {"MissingField", safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", {1}),
       "tensor 'a': expected dtype, shape and data_offsets"},
      {"OneOffset",
       safetensors("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", {1}),
       "'data_offsets': expected two numbers"},
      {"UnknownType", safetensors(object({entry("a", "[1]", 0, 4, "F128")}), {1}),
       "tensor 'a': unknown dtype 'F128'"},
      {"WrongSize", safetensors(object({entry("a", "[2]", 0, 4)}), {1}),
       "shape [2] of F32 needs 8 bytes, found 4"},
      {"Misaligned",
       safetensors(object({entry("a", "[3]", 0, 3, "U8"), entry("b", "[1]", 3, 7),
                           entry("c", "[1]", 7, 8, "U8")}),
                   {1, 2}),
       "tensor 'b': it begins at byte 3, expected a multiple of 4"},
      {"ControlCharacters", safetensors("{\"\\u0007\\n\":1}", {}),
       "header entry '?"
       "?'"},
      {"LongName", safetensors("{\"" + std::string(1000, 'n') + "\":1}", {}),
       "header entry '" + std::string(120, 'n') + "...': found"},
      {"NotUtf8", safetensors("{\"\xFF\":1}", {}), "not valid JSON"},
  };
}

class HostileWeights : public testing::TestWithParam<Lie> {};

TEST_P(HostileWeights, IsRefusedWithTheReason) {
  auto weights = Weights::parse(GetParam().bytes, "file.safetensors");
  ASSERT_FALSE(weights.ok());
  EXPECT_EQ(weights.error().code, ErrorCode::bad_format);
  EXPECT_TRUE(weights.error().message.starts_with("file.safetensors: ")) << weights.error().message;
  EXPECT_NE(weights.error().message.find(GetParam().message), std::string::npos)
      << weights.error().message;
  EXPECT_LT(weights.error().message.size(), 400u);
}

INSTANTIATE_TEST_SUITE_P(Lies, HostileWeights, testing::ValuesIn(lies()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(HostileWeights, FindSaysWhatItExpected) {
  auto weights = Weights::parse(test::valid_file(), "f");
  EXPECT_EQ(weights->find("a", {3, 2}).error().message,
            "f: tensor 'a': expected shape [3, 2], found [2, 3]");
  EXPECT_EQ(weights->find("c", {3}).error().message, "f: tensor 'c': missing, expected shape [3]");
}

TEST(HostileWeights, NonFiniteValuesAreNamed) {
  for (const float value : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    auto weights =
        Weights::parse(safetensors(object({entry("a", "[3]", 0, 12)}), {0, value, 0}), "f");
    ASSERT_TRUE(weights.ok());
    const auto message = weights->find("a", {3}).error().message;
    EXPECT_NE(message.find("expected finite values, found"), std::string::npos) << message;
    EXPECT_TRUE(message.ends_with("at element 1")) << message;
  }
}

// A read that gets through must at least keep to its own bytes.
void use(std::span<const std::byte> bytes) {
  auto weights = Weights::parse(bytes, "mutant");
  if (!weights) return;
  for (const auto& [name, tensor] : weights->tensors()) (void)weights->find(name, tensor.shape);
  (void)weights->all_used();
}

TEST(HostileWeights, EveryTruncationIsRefused) {
  const auto whole = test::valid_file();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(Weights::parse(std::span(whole).first(size), "cut").ok()) << size;
}

TEST(HostileWeights, SurvivesMutation) {
  const auto whole = test::valid_file();
  std::mt19937 random(20240607);
  for (int round = 0; round < 50'000; ++round) {
    auto bytes = whole;
    for (auto flips = random() % 8 + 1; flips-- > 0;)
      bytes[random() % bytes.size()] ^= std::byte{static_cast<unsigned char>(1u << random() % 8)};
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    use(bytes);
  }
}

TEST(HostileWeights, SurvivesNoise) {
  std::mt19937 random(7);
  for (int round = 0; round < 5'000; ++round) {
    test::Bytes bytes(random() % 300);
    for (auto& b : bytes) b = std::byte{static_cast<unsigned char>(random())};
    if (bytes.size() > 9) {  // half of them get as far as the JSON
      const std::uint64_t length = random() % 2 ? bytes.size() - 8 : 5;
      std::memcpy(bytes.data(), &length, sizeof length);
      bytes[8] = std::byte{'{'};
    }
    use(bytes);
  }
}

TEST(HostileWeights, FilesThatAreNoFiles) {
  test::TemporaryFolder folder;
  EXPECT_EQ(Weights::open(folder / "absent").error().code, ErrorCode::not_found);
  EXPECT_EQ(Weights::open(folder.path()).error().code, ErrorCode::io);
  EXPECT_NE(Weights::open(folder.path()).error().message.find("not a regular file"),
            std::string::npos);
  EXPECT_EQ(Weights::open("/dev/zero").error().code, ErrorCode::io);
  std::ofstream(folder / "empty").flush();
  EXPECT_EQ(Weights::open(folder / "empty").error().code, ErrorCode::bad_format);
}

}  // namespace
}  // namespace limpid::io
