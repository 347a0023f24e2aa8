// SPDX-License-Identifier: MIT
// A file opened by libsndfile itself, which knows more of it by its name. Internal to the
// audio_file layer.
#pragma once

#include <sndfile.h>

#include <filesystem>

namespace limpid::io {

SNDFILE* sound_by_name(const std::filesystem::path& path, SF_INFO& info) noexcept;  // to be read

}  // namespace limpid::io
