// SPDX-License-Identifier: MIT
// LIMPID_REALTIME marks what an audio callback may call: no allocation, lock, I/O, throw or wait.
// Clang >= 20 checks the mark at compile time (-Wfunction-effects) and at run time (RTSan);
// elsewhere tests/realtime interposes malloc, free and the pthread locks.
#pragma once

#if defined(__clang__) && __clang_major__ >= 20
#define LIMPID_REALTIME noexcept [[clang::nonblocking]]
#else
#define LIMPID_REALTIME noexcept
#endif
