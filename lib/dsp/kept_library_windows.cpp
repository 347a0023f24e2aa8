// SPDX-License-Identifier: MIT
#include <windows.h>

#include "lib/dsp/kept_library.h"

namespace limpid::dsp {
namespace {

HMODULE library_of(const void* address, DWORD how) noexcept {
  HMODULE found = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | how,
                     static_cast<const wchar_t*>(address), &found);
  return found;
}

}  // namespace

void keep_library(const void* theirs, const void* ours) noexcept {
  constexpr DWORD kLook = GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
  if (library_of(theirs, kLook) != library_of(ours, kLook))
    library_of(theirs, GET_MODULE_HANDLE_EX_FLAG_PIN);
}

}  // namespace limpid::dsp
