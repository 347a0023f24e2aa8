// SPDX-License-Identifier: MIT
#include "examples/limpid/live_quiet.h"

namespace limpid::cli {

QuietStderr::QuietStderr() = default;  // its back ends there say nothing
QuietStderr::~QuietStderr() = default;

}  // namespace limpid::cli
