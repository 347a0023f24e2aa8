// SPDX-License-Identifier: MIT
// Reading the configuration in a model file, which anyone may have written.
#pragma once

#include <functional>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/no_memory.h"
#include "limpid/result.h"

namespace limpid::models {

// json[key] where it is a whole number that an int holds: 64, not 64.5, and not 2^32 + 64. Throws
// nlohmann::json::exception where there is none, else std::invalid_argument.
int whole_number(const nlohmann::json& json, const char* key);
int whole_number(const nlohmann::json& json, const char* key, int otherwise);  // optional
std::vector<int> whole_numbers(const nlohmann::json& json, const char* key);

// A whole number of a config, and where it may lie.
template <class Config>
struct NumberField {
  const char* key;
  int Config::*value;
  int low, high;
  bool optional = false;  // the member's default stands where the file has none
};

// Throws as whole_number() does.
template <class Config, std::size_t kCount>
void read_numbers(const nlohmann::json& json, const NumberField<Config> (&fields)[kCount],
                  Config& config) {
  for (const auto& field : fields)
    config.*field.value = field.optional ? whole_number(json, field.key, config.*field.value)
                                         : whole_number(json, field.key);
}

// "" where low <= value <= high, else "key is N, must be low..high".
std::string range_problem(const char* key, int value, int low, int high);

// That of the first field out of its range, or "".
template <class Config, std::size_t kCount>
std::string range_problem(const NumberField<Config> (&fields)[kCount], const Config& config) {
  for (const auto& field : fields)
    if (auto problem = range_problem(field.key, config.*field.value, field.low, field.high);
        !problem.empty())
      return problem;
  return "";
}

// json[key], a string; `otherwise`, if there is such, where there is none. Throws
// nlohmann::json::exception.
std::string word(const nlohmann::json& json, const char* key, const char* otherwise = nullptr);

// What word() stands for. Throws as it does, and std::invalid_argument for any other word.
template <class T>
T one_of(const nlohmann::json& json, const char* key,
         std::initializer_list<std::pair<const char*, T>> meanings,
         const char* otherwise = nullptr) {
  const std::string given = word(json, key, otherwise);
  std::string known;
  for (const auto& [name, meaning] : meanings) {
    if (given == name) return meaning;
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  throw std::invalid_argument(std::string(key) + " '" + given + "' is none of " + known);
}

// What went wrong while `read` took what it wants of a text of JSON, or "". Throws std::bad_alloc.
std::string reading_problem(std::string_view json,
                            const std::function<void(const nlohmann::json&)>& read);

// The config of such a network: `read` throws where a key is missing or of the wrong type, `check`
// tells the first thing wrong with the numbers, or "". bad_format, out_of_memory.
template <class Config>
Result<Config> read_config(std::string_view json, const std::string& origin, const char* network,
                           Config (*read)(const nlohmann::json&),
                           std::string (*check)(const Config&)) {
  return unless_out_of_memory([&]() -> Result<Config> {
    Config config;
    std::string problem =
        reading_problem(json, [&](const nlohmann::json& fields) { config = read(fields); });
    if (problem.empty()) problem = check(config);
    if (!problem.empty())
      return Error{ErrorCode::bad_format, origin + ": " + network + " config: " + problem};
    return config;
  });
}

// Whether `seconds` are whole hops, but for what is lost by writing them down.
bool whole_hops(double seconds, double hop) noexcept;

// Whether text, JSON perhaps, nests objects and lists so deeply that no author means it: whatever
// walks through them one inside the other would run out of stack.
bool nests_deeply(std::string_view text) noexcept;

}  // namespace limpid::models
