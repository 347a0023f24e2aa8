// SPDX-License-Identifier: MIT
#pragma once

namespace limpid::models {

// Hz that enhancers may run at.
inline constexpr int kLowestRate = 8000, kHighestRate = 192000;

}  // namespace limpid::models
