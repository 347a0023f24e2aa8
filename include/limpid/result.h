// SPDX-License-Identifier: MIT
// Result<T>: a value, or the reason there is none.
// Everything that can fail does so before audio starts; process() cannot fail.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace limpid {

enum class ErrorCode {
  invalid_argument,  // the caller asked for something impossible
  not_found,         // no such file, model or device
  bad_format,        // the file exists and is not what it claims to be
  unsupported,       // well-formed, but outside what this build or model can do
  io,                // the operating system refused to read or write
  device,            // sound card or GPU trouble
  out_of_memory,
};

struct Error {
  ErrorCode code;
  std::string message;  // one sentence: what, where, expected and found
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // Undefined unless ok(), as for std::optional; error() is undefined when ok().
  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  const Error& error() const& noexcept { return *std::get_if<1>(&state_); }
  Error&& error() && noexcept { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace limpid
