// SPDX-License-Identifier: MIT
// A SAX handler rather than a document: it sees duplicate names, which a document silently merges,
// and stops at the first surprise, however deep or long the rest.
#include "lib/io/safetensors_header.h"

#include <nlohmann/json.hpp>

#include <utility>

#include "lib/io/safetensors_layout.h"

namespace limpid::io {
namespace {

constexpr std::size_t kMaxRank = 16;  // keeps memory proportional to the file
constexpr const char* kMetadata = "__metadata__";

class HeaderHandler {
 public:
  using json = nlohmann::json;

  SafetensorsHeader header;
  std::string problem;  // why a callback returned false

  bool null() { return unexpected("null"); }
  bool boolean(bool) { return unexpected("a truth value"); }
  bool binary(json::binary_t&) { return unexpected("binary data"); }
  bool number_float(double, const std::string& text) {
    return unexpected("the number " + text.substr(0, 40));
  }
  bool number_integer(std::int64_t value) {  // negative: others arrive as unsigned
    return unexpected("the number " + std::to_string(value));
  }
  bool number_unsigned(std::uint64_t value) {
    if (place_ != Place::shape && place_ != Place::offsets)
      return unexpected("the number " + std::to_string(value));
    if (value > INT64_MAX) return unexpected("the number " + std::to_string(value));
    numbers_.push_back(static_cast<std::int64_t>(value));
    const std::size_t most = place_ == Place::shape ? kMaxRank : 2;
    return numbers_.size() <= most || fail("more than " + std::to_string(most) + " numbers");
  }

  bool string(std::string& value) {
    if (place_ == Place::metadata) {
      header.metadata.emplace(key_, std::move(value));
      return true;
    }
    if (place_ != Place::tensor || key_ != "dtype") return unexpected("a string");
    entry_.dtype = std::move(value);
    return true;
  }

  bool key(std::string& name) {
    key_ = std::move(name);
    if (place_ == Place::metadata)
      return !header.metadata.contains(key_) || fail("the name occurs twice");
    if (place_ == Place::tensor) return open_field();
    name_ = key_;
    if (key_ == kMetadata) return !std::exchange(has_metadata_, true) || fail("occurs twice");
    return !header.tensors.contains(name_) || fail("the name occurs twice");
  }

  bool start_object(std::size_t) {
    if (place_ == Place::start) return enter(Place::top);
    if (place_ != Place::top) return unexpected("an object");
    entry_ = {};
    has_dtype_ = has_shape_ = has_offsets_ = false;
    return enter(name_ == kMetadata ? Place::metadata : Place::tensor);
  }

  bool end_object() {
    if (place_ == Place::tensor) {
      key_.clear();
      if (!has_dtype_ || !has_shape_ || !has_offsets_)
        return fail("expected dtype, shape and data_offsets");
      header.tensors.emplace(name_, std::move(entry_));
    }
    return enter(place_ == Place::top ? Place::end : Place::top);
  }

  bool start_array(std::size_t) {
    numbers_.clear();
    if (place_ == Place::tensor && key_ == "shape") return enter(Place::shape);
    if (place_ == Place::tensor && key_ == "data_offsets") return enter(Place::offsets);
    return unexpected("an array");
  }

  bool end_array() {
    if (place_ == Place::shape) {
      entry_.shape = numbers_;
    } else {
      if (numbers_.size() != 2) return fail("expected two numbers");
      entry_.begin = static_cast<std::size_t>(numbers_[0]);
      entry_.end = static_cast<std::size_t>(numbers_[1]);
    }
    return enter(Place::tensor);
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) {
    problem = "the header is not valid JSON at its byte " + std::to_string(position);
    return false;
  }

 private:
  enum class Place { start, top, tensor, metadata, shape, offsets, end };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  bool open_field() {
    bool* seen = key_ == "dtype"          ? &has_dtype_
                 : key_ == "shape"        ? &has_shape_
                 : key_ == "data_offsets" ? &has_offsets_
                                          : nullptr;
    if (seen == nullptr) return fail("unknown field, expected dtype, shape or data_offsets");
    return !std::exchange(*seen, true) || fail("the field occurs twice");
  }

  bool fail(const std::string& what) {
    problem = where() + ": " + what;
    return false;
  }

  bool unexpected(const std::string& found) {
    return fail("found " + found + ", expected " + expectation());
  }

  std::string where() const {
    if (place_ == Place::start) return "the header";
    if (place_ == Place::top) return "header entry " + in_quotes(name_);
    if (place_ == Place::metadata) return std::string(kMetadata) + " entry " + in_quotes(key_);
    return "tensor " + in_quotes(name_) + (key_.empty() ? "" : ", field " + in_quotes(key_));
  }

  const char* expectation() const {
    switch (place_) {
      case Place::start:
      case Place::top:
        return "an object";
      case Place::metadata:
        return "a string";
      case Place::tensor:
        return key_ == "dtype" ? "a string" : "an array of integers";
      case Place::shape:
      case Place::offsets:
        return "an integer from 0 to 2^63 - 1";
      case Place::end:
        break;
    }
    return "nothing more";
  }

  Place place_ = Place::start;
  std::string name_, key_;  // the current tensor (or __metadata__), and the field in it
  TensorEntry entry_;
  std::vector<std::int64_t> numbers_;
  bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false, has_metadata_ = false;
};

}  // namespace

Result<SafetensorsHeader> parse_header(std::string_view json, std::uint64_t data_bytes,
                                       const std::string& origin) {
  const auto bad = [&](const std::string& what) {
    return Error{ErrorCode::bad_format, origin + ": " + what};
  };
  // The parser itself would skip blanks and a byte order mark; the format has neither.
  if (json.empty() || json.front() != '{') return bad("the header does not begin with '{'");
  HeaderHandler handler;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &handler)) return bad(handler.problem);
  if (auto problem = layout_problem(handler.header.tensors, data_bytes); !problem.empty())
    return bad(problem);
  return std::move(handler.header);
}

std::string in_quotes(std::string_view name) {
  constexpr std::size_t kLongest = 120;
  std::string text = "'";
  for (char c : name.substr(0, kLongest)) text += static_cast<unsigned char>(c) < 32 ? '?' : c;
  return text + (name.size() > kLongest ? "...'" : "'");
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

}  // namespace limpid::io
