// SPDX-License-Identifier: MIT
// Named float tensors from a .safetensors file, checked before anybody sees a number of them.
// Format: https://github.com/huggingface/safetensors (8-byte little-endian header length, JSON
// header, data). The file is read into memory, not mapped: it may change under a mapping.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limpid/result.h"

namespace limpid::io {

inline constexpr std::size_t kMaxHeaderBytes = 100'000'000;  // as the reference implementation

struct TensorEntry {
  std::string dtype;                // "F32", "I64", ...
  std::vector<std::int64_t> shape;  // empty: a scalar
  std::size_t begin = 0, end = 0;   // bytes from the start of the data part
};

struct SafetensorsHeader;  // lib/io/safetensors_header.h

class Weights {
 public:
  // io, not_found: the file cannot be read. bad_format: anything wrong inside it; the message says
  // what and where (header size, tensor name, offsets, expected and found).
  static Result<Weights> open(const std::filesystem::path& path);

  // `origin` names the bytes in messages. Copies what it needs.
  static Result<Weights> parse(std::span<const std::byte> bytes, std::string origin);

  // The tensor `name` as floats, which must have this shape and only finite values; marks it as
  // used. F32; BF16, which is widened; or I8, whose rows (along its first dimension) are multiplied
  // by the scales in tensor `name`_scale, F32 [rows]. bad_format: missing, other dtype, other
  // shape, NaN or infinity (with its index).
  Result<std::vector<float>> find(std::string_view name, std::span<const std::int64_t> shape);
  Result<std::vector<float>> find(std::string_view name, std::initializer_list<std::int64_t> shape);

  std::string_view metadata(std::string_view key) const noexcept;  // "" when absent
  const std::string& origin() const noexcept { return origin_; }
  const std::map<std::string, TensorEntry, std::less<>>& tensors() const noexcept {
    return tensors_;
  }

  // Whether a tensor holds the scales of another one's rows, and so no numbers of its own.
  bool is_scale(std::string_view name) const noexcept;

  // After a network took all it knows: bad_format naming tensors that nobody asked for.
  Status all_used() const;

 private:
  Weights(std::string origin, SafetensorsHeader header, std::vector<float> data);
  const std::byte* bytes_of(const TensorEntry& entry) const noexcept;
  std::vector<float> floats(const TensorEntry& entry) const;
  std::vector<float> widened(const TensorEntry& entry) const;
  Result<std::vector<float>> scaled(std::string_view name, const TensorEntry& entry);

  std::string origin_;
  std::vector<float> data_;  // float-aligned storage of the data part
  std::map<std::string, TensorEntry, std::less<>> tensors_;
  std::map<std::string, std::string, std::less<>> metadata_;
  std::set<std::string, std::less<>> used_;
};

}  // namespace limpid::io
