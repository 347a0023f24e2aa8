// SPDX-License-Identifier: MIT
// How users name where a network runs, and how it multiplies there.
#pragma once

#include <string_view>
#include <utility>

#include "lib/base/arithmetic.h"
#include "limpid/result.h"

namespace limpid {

inline constexpr std::pair<std::string_view, Arithmetic> kArithmeticNames[] = {
    {"exact", Arithmetic::exact},
    {"tf32x3", Arithmetic::tf32x3},
    {"tf32", Arithmetic::tf32},
    {"fp16", Arithmetic::fp16},
    {"bf16", Arithmetic::bf16}};

// "cpu": -1; "cuda": 0; "cuda:INDEX", below 1000: that one (SessionConfig::gpu).
// invalid_argument: anything else.
Result<int> gpu_of(std::string_view device);

// One of these names. invalid_argument: anything else.
Result<Arithmetic> arithmetic_of(std::string_view name);

}  // namespace limpid
