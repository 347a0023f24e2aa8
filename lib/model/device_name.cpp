// SPDX-License-Identifier: MIT
#include "lib/model/device_name.h"

#include <charconv>
#include <string>

namespace limpid {

Result<int> gpu_of(std::string_view device) {
  constexpr std::string_view kCuda = "cuda";
  if (device == "cpu") return -1;
  if (device == kCuda) return 0;
  if (device.starts_with("cuda:")) {
    const std::string_view digits = device.substr(kCuda.size() + 1);
    int index = -1;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (problem == std::errc() && end == digits.data() + digits.size() && index >= 0 &&
        digits.size() < 4)
      return index;
  }
  return Error{ErrorCode::invalid_argument,
               "expected cpu, cuda or cuda:INDEX, found " + std::string(device)};
}

Result<Arithmetic> arithmetic_of(std::string_view name) {
  for (const auto& [one, arithmetic] : kArithmeticNames)
    if (name == one) return arithmetic;
  std::string known;
  for (const auto& [one, arithmetic] : kArithmeticNames)
    known += (known.empty() ? "" : ", ") + std::string(one);
  return Error{ErrorCode::invalid_argument,
               "expected one of " + known + ", found " + std::string(name)};
}

}  // namespace limpid
