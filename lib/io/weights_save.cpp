// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <exception>
#include <nlohmann/json.hpp>

#include "lib/io/atomic_file.h"
#include "lib/io/safetensors_header.h"
#include "lib/io/safetensors_layout.h"
#include "lib/io/weights.h"

namespace limpid::io {
namespace {

constexpr std::size_t kHeaderAlignment = 8;

std::string tensor_problem(const NamedTensor& tensor) {
  std::uint64_t count = 0;
  const bool negative = std::ranges::any_of(tensor.shape, [](auto extent) { return extent < 0; });
  if (negative || !element_count(tensor.shape, count) || count != tensor.values.size())
    return "shape " + shape_text(tensor.shape) + " does not hold " +
           std::to_string(tensor.values.size()) + " values";
  if (!std::ranges::all_of(tensor.values, [](float v) { return std::isfinite(v); }))
    return "a value is not finite";
  return "";
}

Result<std::string> header_of(std::span<const NamedTensor> tensors,
                              const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  header["__metadata__"] = metadata;
  std::size_t begin = 0;
  for (const NamedTensor& tensor : tensors) {
    auto problem = tensor_problem(tensor);
    if (header.contains(tensor.name)) problem = "the name is taken";
    if (!problem.empty())
      return Error{ErrorCode::invalid_argument,
                   "tensor " + in_quotes(tensor.name) + ": " + problem};
    const std::size_t end = begin + tensor.values.size_bytes();
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + kHeaderAlignment - 1) / kHeaderAlignment * kHeaderAlignment, ' ');
  return text;
}

Status save(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
            const std::string& header) {
  auto file = AtomicFile::create(path);
  if (!file) return std::move(file).error();
  const std::uint64_t length = header.size();
  auto status = file->write(std::as_bytes(std::span(&length, 1)));
  if (status) status = file->write(std::as_bytes(std::span(header)));
  for (const NamedTensor& tensor : tensors)
    if (status) status = file->write(std::as_bytes(tensor.values));
  return status ? file->commit() : status;
}

}  // namespace

Status save_weights(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                    const std::map<std::string, std::string>& metadata) try {
  auto header = header_of(tensors, metadata);
  if (!header) return std::move(header).error();
  return save(path, tensors, *header);
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, "not enough memory to write " + path.string()};
} catch (const std::exception& problem) {  // text that is not UTF-8
  return Error{ErrorCode::invalid_argument,
               "cannot write " + path.string() + ": " + problem.what()};
}

}  // namespace limpid::io
