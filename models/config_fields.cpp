// SPDX-License-Identifier: MIT
#include "models/config_fields.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

namespace limpid::models {
namespace {

constexpr int kDeepest = 64;

int whole(const nlohmann::json& value, const char* key) {
  using Int = std::numeric_limits<int>;
  const bool fits = value.is_number_unsigned()
                        ? value.get<std::uint64_t>() <= std::uint64_t{Int::max()}
                        : value.is_number_integer() && value.get<std::int64_t>() >= Int::min();
  if (!fits)
    throw std::invalid_argument(std::string(key) + " has " + value.dump() +
                                " where a whole number of 32 bits belongs");
  return value.get<int>();
}

}  // namespace

int whole_number(const nlohmann::json& json, const char* key) {
  return whole(json.at(key), key);
}

int whole_number(const nlohmann::json& json, const char* key, int otherwise) {
  return json.contains(key) ? whole_number(json, key) : otherwise;
}

std::vector<int> whole_numbers(const nlohmann::json& json, const char* key) {
  const nlohmann::json& list = json.at(key);
  if (!list.is_array()) throw std::invalid_argument(std::string(key) + " must be a list");
  std::vector<int> values;
  for (const nlohmann::json& value : list) values.push_back(whole(value, key));
  return values;
}

std::string range_problem(const char* key, int value, int low, int high) {
  if (value >= low && value <= high) return "";
  return std::string(key) + " is " + std::to_string(value) + ", must be " + std::to_string(low) +
         ".." + std::to_string(high);
}

std::string word(const nlohmann::json& json, const char* key, const char* otherwise) {
  if (otherwise != nullptr && !json.contains(key)) return otherwise;
  return json.at(key).get<std::string>();
}

std::string reading_problem(std::string_view json,
                            const std::function<void(const nlohmann::json&)>& read) {
  try {
    read(nlohmann::json::parse(json));
  } catch (const std::bad_alloc&) {  // says nothing about the text
    throw;
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

bool whole_hops(double seconds, double hop) noexcept {
  return std::abs(seconds / hop - std::round(seconds / hop)) < 1e-6;
}

bool nests_deeply(std::string_view text) noexcept {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size() && depth <= kDeepest; ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i;  // whatever comes next ends nothing
    if (!quoted && (c == '[' || c == '{')) ++depth;
    if (!quoted && (c == ']' || c == '}')) --depth;
  }
  return depth > kDeepest;
}

}  // namespace limpid::models
