// SPDX-License-Identifier: MIT
// Reading the configuration in a model file, which anyone may have written.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <vector>

namespace limpid::models {

// json[key] where it is a whole number that an int holds: 64, not 64.5, and not 2^32 + 64. Throws
// nlohmann::json::exception where there is none, else std::invalid_argument.
int whole_number(const nlohmann::json& json, const char* key);
int whole_number(const nlohmann::json& json, const char* key, int otherwise);  // optional
std::vector<int> whole_numbers(const nlohmann::json& json, const char* key);

// Whether `seconds` are whole hops, but for what is lost by writing them down.
bool whole_hops(double seconds, double hop) noexcept;

// Whether text, JSON perhaps, nests objects and lists so deeply that no author means it: whatever
// walks through them one inside the other would run out of stack.
bool nests_deeply(std::string_view text) noexcept;

}  // namespace limpid::models
