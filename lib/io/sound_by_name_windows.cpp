// SPDX-License-Identifier: MIT
// Names are wide; libsndfile declares what takes them where it is asked to.
#include <windows.h>
#define ENABLE_SNDFILE_WINDOWS_PROTOTYPES 1
#include <sndfile.h>

#include "lib/io/sound_by_name.h"

namespace limpid::io {

SNDFILE* sound_by_name(const std::filesystem::path& path, SF_INFO& info) noexcept {
  return sf_wchar_open(path.c_str(), SFM_READ, &info);
}

}  // namespace limpid::io
