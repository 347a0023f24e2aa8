// SPDX-License-Identifier: MIT
#include "lib/io/sound_by_name.h"

namespace limpid::io {

SNDFILE* sound_by_name(const std::filesystem::path& path, SF_INFO& info) noexcept {
  return sf_open(path.c_str(), SFM_READ, &info);
}

}  // namespace limpid::io
