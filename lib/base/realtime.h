// SPDX-License-Identifier: MIT
// LIMPID_REALTIME marks what an audio callback may call: no allocation, lock, I/O, throw or wait.
// Clang >= 20 checks the mark at compile time (-Wfunction-effects) and at run time (RTSan);
// elsewhere tests/realtime interposes malloc, free and the pthread locks.
//
// Between LIMPID_REALTIME_TRUSTED_BEGIN and _END somebody has looked where that compiler cannot:
// behind tables of functions, in other libraries, in what an error path may cost.
#pragma once

#if defined(__clang__) && __clang_major__ >= 20
#define LIMPID_REALTIME noexcept [[clang::nonblocking]]
#define LIMPID_REALTIME_TRUSTED_BEGIN \
  _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wfunction-effects\"")
#define LIMPID_REALTIME_TRUSTED_END _Pragma("clang diagnostic pop")
#else
#define LIMPID_REALTIME noexcept
#define LIMPID_REALTIME_TRUSTED_BEGIN
#define LIMPID_REALTIME_TRUSTED_END
#endif
