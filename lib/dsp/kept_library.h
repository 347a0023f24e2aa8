// SPDX-License-Identifier: MIT
// Code of another library that has to stay when whoever brought it is unloaded.
#pragma once

namespace limpid::dsp {

// From now on the shared library that `theirs` is in stays until the process ends, unless `ours` is
// in it too. Addresses of functions.
void keep_library(const void* theirs, const void* ours) noexcept;

}  // namespace limpid::dsp
