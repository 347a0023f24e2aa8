// SPDX-License-Identifier: MIT
// Standard input, output and error, whether or not whoever started the program left them open.
#pragma once

namespace limpid::cli {

// Before any file is opened: one that took a closed descriptor's number would be what messages are
// written into. What stands in their place can be neither read nor written, so that results sent
// there are noticed as lost. False: there is no such thing as /dev/null.
bool occupy_closed_descriptors() noexcept;

}  // namespace limpid::cli
