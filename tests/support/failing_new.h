// SPDX-License-Identifier: MIT
// Memory that runs out when a test wants it to: programs that link limpid_failing_new have another
// operator new.
#pragma once

namespace limpid::test {

extern int allocations_left;  // that succeed; below 0: all

}  // namespace limpid::test
