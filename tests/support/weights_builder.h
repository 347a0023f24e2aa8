// SPDX-License-Identifier: MIT
// WeightsBuilder: weight files with random numbers in them, made in memory.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "lib/io/weights.h"
#include "tests/io/safetensors_bytes.h"

namespace limpid::test {

// Metadata of a model file called "random"; `config` is a JSON object.
inline std::string metadata_of(const std::string& config) {
  std::string quoted;
  for (const char c : config) quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
  return R"({"format":"limpid","config":")" + quoted + R"(","card":"{\"name\":\"random\"}"})";
}

class WeightsBuilder {
 public:
  explicit WeightsBuilder(unsigned seed) : random_(seed) {}

  // offset + scale * uniform[-1, 1). Returns the values.
  std::vector<float> add(const std::string& name, std::vector<std::int64_t> shape, float scale,
                         float offset = 0.0f) {
    std::size_t count = 1;
    for (const auto extent : shape) count *= static_cast<std::size_t>(extent);
    std::uniform_real_distribution<float> value(offset - scale, offset + scale);
    std::vector<float> values(count);
    for (float& v : values) v = value(random_);
    std::string dims;
    for (const auto extent : shape) dims += (dims.empty() ? "" : ",") + std::to_string(extent);
    const std::size_t begin = data_.size() * sizeof(float);
    data_.insert(data_.end(), values.begin(), values.end());
    entries_ += ",\"" + name + "\":{\"dtype\":\"F32\",\"shape\":[" + dims + "],\"data_offsets\":[" +
                std::to_string(begin) + "," + std::to_string(data_.size() * sizeof(float)) + "]}";
    return values;
  }

  // The file; `metadata` is a JSON object of strings.
  std::vector<std::byte> bytes(const std::string& metadata = "{}") const {
    const std::string header = "{\"__metadata__\":" + metadata + entries_ + "}";
    return safetensors(header, data_);
  }

  io::Weights weights(const std::string& metadata = "{}") const {
    auto parsed = io::Weights::parse(bytes(metadata), "test weights");
    EXPECT_TRUE(parsed) << parsed.error().message;
    return *std::move(parsed);
  }

 private:
  std::mt19937 random_;
  std::string entries_;
  std::vector<float> data_;
};

}  // namespace limpid::test
