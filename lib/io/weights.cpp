// SPDX-License-Identifier: MIT
#include "lib/io/weights.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <exception>
#include <new>
#include <utility>

#include "lib/base/no_memory.h"
#include "lib/io/safetensors_header.h"
#include "lib/io/system_error.h"
#include "lib/io/system_file.h"

namespace limpid::io {
namespace {

static_assert(std::endian::native == std::endian::little, "the file format is little-endian");

constexpr std::size_t kPrefix = 8;             // the header's length
constexpr std::string_view kScale = "_scale";  // behind the name of an I8 tensor: its rows' scales

// Hands out a stretch of bytes after another, from memory or from a file.
class Source {
 public:
  explicit Source(std::span<const std::byte> bytes) noexcept : bytes_(bytes), left_(bytes.size()) {}
  explicit Source(SystemFile& file) noexcept
      : file_(&file), left_(static_cast<std::uint64_t>(file.size())) {}

  std::uint64_t left() const noexcept { return left_; }

  // Fewer than `count` <= left() bytes are there: false.
  bool take(void* to, std::size_t count) {
    left_ -= count;
    if (file_ != nullptr) return file_->read(to, count) == count;
    if (count != 0) std::memcpy(to, bytes_.data(), count);
    bytes_ = bytes_.subspan(count);
    return true;
  }

 private:
  std::span<const std::byte> bytes_;
  SystemFile* file_ = nullptr;
  std::uint64_t left_;
};

struct Contents {
  SafetensorsHeader header;
  std::vector<float> data;
};

Result<Contents> read_contents(Source& source, const std::string& origin) {
  const auto bad = [&](const std::string& what) {
    return Error{ErrorCode::bad_format, origin + ": " + what};
  };
  const Error unreadable{ErrorCode::io, "cannot read " + origin + ": it ended early"};
  if (source.left() < kPrefix)
    return bad("found " + std::to_string(source.left()) +
               " bytes, expected at least the 8 of a safetensors file");
  std::uint64_t length = 0;
  if (!source.take(&length, kPrefix)) return unreadable;
  if (length > kMaxHeaderBytes)
    return bad("header of " + std::to_string(length) + " bytes, expected at most " +
               std::to_string(kMaxHeaderBytes));
  if (length > source.left())
    return bad("header of " + std::to_string(length) + " bytes, of which only " +
               std::to_string(source.left()) + " are there");
  std::string json(static_cast<std::size_t>(length), '\0');
  if (!source.take(json.data(), json.size())) return unreadable;
  // Where memory has 32 bits a file may have more.
  if (!std::in_range<std::ptrdiff_t>(source.left())) throw std::bad_alloc();
  auto header = parse_header(json, source.left(), origin);
  if (!header) return std::move(header).error();
  const auto bytes = static_cast<std::size_t>(source.left());
  std::vector<float> data((bytes + sizeof(float) - 1) / sizeof(float));
  if (!source.take(data.data(), bytes)) return unreadable;
  return Contents{*std::move(header), std::move(data)};
}

// bfloat16 numbers are the upper halves of floats.
float from_bfloat16(std::uint16_t upper) noexcept {
  return std::bit_cast<float>(std::uint32_t{upper} << 16);
}

template <class Function>
auto guarded(const std::filesystem::path& origin, Function function) -> decltype(function()) {
  try {
    return unless_out_of_memory(function);
  } catch (const std::exception& problem) {
    return Error{ErrorCode::bad_format, origin.string() + ": " + problem.what()};
  }
}

// The position of the first NaN or infinity, or the size.
std::size_t first_non_finite(std::span<const float> values) noexcept {
  std::size_t i = 0;
  while (i < values.size() && std::isfinite(values[i])) ++i;
  return i;
}

}  // namespace

Weights::Weights(std::string origin, SafetensorsHeader header, std::vector<float> data)
    : origin_(std::move(origin)),
      data_(std::move(data)),
      tensors_(std::move(header.tensors)),
      metadata_(std::move(header.metadata)) {}

Result<Weights> Weights::open(const std::filesystem::path& path) {
  return guarded(path, [&]() -> Result<Weights> {
    auto file = SystemFile::for_reading(path);
    // Some systems open no folders.
    if (!file.is_open() && errno != EISDIR) return system_error("open", path, errno);
    if (!file.is_regular())
      return Error{ErrorCode::io, "cannot read " + path.string() + ": it is not a regular file"};
    Source source(file);
    auto contents = read_contents(source, path.string());
    if (!contents) return std::move(contents).error();
    return Weights(path.string(), std::move(contents->header), std::move(contents->data));
  });
}

Result<Weights> Weights::parse(std::span<const std::byte> bytes, std::string origin) {
  return guarded(origin, [&]() -> Result<Weights> {
    Source source(bytes);
    auto contents = read_contents(source, origin);
    if (!contents) return std::move(contents).error();
    return Weights(origin, std::move(contents->header), std::move(contents->data));
  });
}

Result<std::vector<float>> Weights::find(std::string_view name,
                                         std::span<const std::int64_t> shape) {
  const auto bad = [&](const std::string& what) {
    return Error{ErrorCode::bad_format, origin_ + ": tensor " + in_quotes(name) + ": " + what};
  };
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) return bad("missing, expected shape " + shape_text(shape));
  const TensorEntry& entry = found->second;
  if (!std::ranges::equal(shape, entry.shape))
    return bad("expected shape " + shape_text(shape) + ", found " + shape_text(entry.shape));
  std::vector<float> values;
  if (entry.dtype == "F32") {
    values = floats(entry);
  } else if (entry.dtype == "BF16") {
    values = widened(entry);
  } else if (entry.dtype == "I8") {
    auto rows = scaled(name, entry);
    if (!rows) return rows;
    values = *std::move(rows);
  } else {
    return bad("expected dtype F32, BF16 or I8, found " + entry.dtype);
  }
  if (const auto i = first_non_finite(values); i != values.size())
    return bad("expected finite values, found " + std::to_string(values[i]) + " at element " +
               std::to_string(i));
  used_.emplace(name);
  return values;
}

const std::byte* Weights::bytes_of(const TensorEntry& entry) const noexcept {
  return reinterpret_cast<const std::byte*>(data_.data()) + entry.begin;
}

std::vector<float> Weights::floats(const TensorEntry& entry) const {
  const auto at = data_.begin() + static_cast<std::ptrdiff_t>(entry.begin / sizeof(float));
  return {at, at + static_cast<std::ptrdiff_t>((entry.end - entry.begin) / sizeof(float))};
}

std::vector<float> Weights::widened(const TensorEntry& entry) const {
  std::vector<float> values((entry.end - entry.begin) / sizeof(std::uint16_t));
  const std::byte* bytes = bytes_of(entry);
  for (float& value : values) {
    std::uint16_t upper;
    std::memcpy(&upper, bytes, sizeof upper);
    value = from_bfloat16(upper);
    bytes += sizeof upper;
  }
  return values;
}

Result<std::vector<float>> Weights::scaled(std::string_view name, const TensorEntry& entry) {
  const std::string scale_name = std::string(name) + std::string(kScale);
  if (const auto scale = tensors_.find(scale_name);
      scale != tensors_.end() && scale->second.dtype != "F32")
    return Error{ErrorCode::bad_format, origin_ + ": tensor " + in_quotes(scale_name) +
                                            ": expected dtype F32, found " + scale->second.dtype};
  const std::int64_t rows = entry.shape.empty() ? 1 : entry.shape[0];
  const auto scales = find(scale_name, {rows});
  if (!scales) return scales;
  std::vector<float> values;
  values.reserve(entry.end - entry.begin);
  const auto* whole = reinterpret_cast<const std::int8_t*>(bytes_of(entry));
  for (const float scale : *scales)
    for (const auto end = whole + (entry.end - entry.begin) / scales->size(); whole != end; ++whole)
      values.push_back(static_cast<float>(*whole) * scale);
  return values;
}

Result<std::vector<float>> Weights::find(std::string_view name,
                                         std::initializer_list<std::int64_t> shape) {
  return find(name, std::span(shape.begin(), shape.size()));
}

bool Weights::is_scale(std::string_view name) const noexcept {
  if (!name.ends_with(kScale)) return false;
  const auto of = tensors_.find(name.substr(0, name.size() - kScale.size()));
  return of != tensors_.end() && of->second.dtype == "I8";
}

std::string_view Weights::metadata(std::string_view key) const noexcept {
  const auto found = metadata_.find(key);
  return found == metadata_.end() ? std::string_view() : std::string_view(found->second);
}

Status Weights::all_used() const {
  constexpr std::size_t kMaxNamed = 5;
  std::string names;
  std::size_t unused = 0;
  for (const auto& [name, entry] : tensors_) {
    if (used_.contains(name)) continue;
    if (++unused <= kMaxNamed) names += (names.empty() ? "" : ", ") + in_quotes(name);
  }
  if (unused == 0) return Done{};
  return Error{ErrorCode::bad_format, origin_ + ": the network has no place for " +
                                          std::to_string(unused) + " of its tensors: " + names +
                                          (unused > kMaxNamed ? ", ..." : "")};
}

}  // namespace limpid::io
