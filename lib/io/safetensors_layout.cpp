// SPDX-License-Identifier: MIT
#include "lib/io/safetensors_layout.h"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/io/safetensors_header.h"

namespace limpid::io {
namespace {

std::uint64_t element_bytes(std::string_view dtype) {
  static constexpr std::pair<std::string_view, std::uint64_t> kTypes[] = {
      {"F64", 8},     {"I64", 8},     {"U64", 8}, {"F32", 4}, {"I32", 4},
      {"U32", 4},     {"F16", 2},     {"I16", 2}, {"U16", 2}, {"BF16", 2},
      {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  for (const auto& [name, bytes] : kTypes)
    if (name == dtype) return bytes;
  return 0;
}

std::string range(const TensorEntry& entry) {
  return "bytes " + std::to_string(entry.begin) + ".." + std::to_string(entry.end);
}

std::string entry_problem(const TensorEntry& entry, std::uint64_t data_bytes) {
  const std::uint64_t element = element_bytes(entry.dtype);
  if (element == 0) return "unknown dtype " + in_quotes(entry.dtype);
  if (entry.begin > entry.end) return "its " + range(entry) + " are out of order";
  if (entry.end > data_bytes)
    return "its " + range(entry) + " run past the end of the data at " + std::to_string(data_bytes);
  std::uint64_t count = 0;
  if (!element_count(entry.shape, count) || count > UINT64_MAX / element)
    return "the size of shape " + shape_text(entry.shape) + " overflows";
  if (entry.end - entry.begin != count * element)
    return "shape " + shape_text(entry.shape) + " of " + entry.dtype + " needs " +
           std::to_string(count * element) + " bytes, found " +
           std::to_string(entry.end - entry.begin);
  if (entry.dtype == "F32" && entry.begin % element != 0)
    return "it begins at byte " + std::to_string(entry.begin) + ", expected a multiple of 4";
  return "";
}

}  // namespace

bool element_count(std::span<const std::int64_t> shape, std::uint64_t& count) {
  count = 1;
  for (const std::int64_t extent : shape) {
    const auto factor = static_cast<std::uint64_t>(extent);
    if (factor != 0 && count > UINT64_MAX / factor) return false;
    count *= factor;
  }
  return true;
}

std::string layout_problem(const std::map<std::string, TensorEntry, std::less<>>& tensors,
                           std::uint64_t data_bytes) {
  std::vector<std::pair<const std::string*, const TensorEntry*>> ordered;
  for (const auto& [name, entry] : tensors) {
    if (auto problem = entry_problem(entry, data_bytes); !problem.empty())
      return "tensor " + in_quotes(name) + ": " + problem;
    ordered.emplace_back(&name, &entry);
  }
  std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
    return std::tie(a.second->begin, a.second->end) < std::tie(b.second->begin, b.second->end);
  });
  std::uint64_t covered = 0;
  for (const auto& [name, entry] : ordered) {
    if (entry->begin != covered)
      return "tensor " + in_quotes(*name) + ": its " + range(*entry) +
             (entry->begin < covered ? " overlap another tensor" : " leave a hole") +
             ", expected them to begin at " + std::to_string(covered);
    covered = entry->end;
  }
  if (covered != data_bytes)
    return "the tensors end at byte " + std::to_string(covered) + " of the data, which has " +
           std::to_string(data_bytes);
  return "";
}

}  // namespace limpid::io
