// SPDX-License-Identifier: MIT
// Builds .safetensors files, valid or not, in memory.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpid::test {

using Bytes = std::vector<std::byte>;

// `length` stands before `header`, whether that is true or not.
inline Bytes safetensors(std::string_view header, const std::vector<float>& data,
                         std::uint64_t length) {
  const std::array size{length};
  Bytes bytes(sizeof length + header.size() + data.size() * sizeof(float));
  auto end = std::ranges::copy(std::as_bytes(std::span(size)), bytes.begin()).out;
  end = std::ranges::copy(std::as_bytes(std::span(header)), end).out;
  std::ranges::copy(std::as_bytes(std::span(data)), end);
  return bytes;
}

inline Bytes safetensors(std::string_view header, const std::vector<float>& data) {
  return safetensors(header, data, header.size());
}

// "name":{"dtype":"F32","shape":[...],"data_offsets":[begin,end]}
inline std::string entry(const std::string& name, const std::string& shape, std::uint64_t begin,
                         std::uint64_t end, const std::string& dtype = "F32") {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

// {entry,entry,...}
inline std::string object(std::initializer_list<std::string> entries) {
  std::string text(1, '{');
  for (const auto& item : entries) text += (text.size() > 1 ? "," : "") + item;
  return text += '}';
}

// Two tensors, a [2, 3] and b [], and metadata.
inline Bytes valid_file() {
  return safetensors(object({"\"__metadata__\":{\"architecture\":\"none\",\"rate\":\"16000\"}",
                             entry("a", "[2,3]", 0, 24), entry("b", "[]", 24, 28)}),
                     {1, 2, 3, 4, 5, 6, 7});
}

}  // namespace limpid::test
