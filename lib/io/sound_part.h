// SPDX-License-Identifier: MIT
// One part of an audio file, opened with libsndfile and checked.
#pragma once

#include <sndfile.h>

#include <filesystem>
#include <memory>

#include "lib/io/audio_format.h"
#include "lib/io/file_window.h"
#include "lib/io/stream_parts.h"
#include "limpid/result.h"

namespace limpid::io {

struct SoundPart {
  std::unique_ptr<FileWindow>
      window;  // of which `sound` reads, where it does not read a whole file
  std::unique_ptr<SNDFILE, CloseSound> sound;
  SF_INFO info{};
};

// not_found, io, bad_format: nothing there that could hold audio.
Status check_file(const std::filesystem::path& path);

// io, bad_format: not audio, truncated or without channels.
Result<SoundPart> open_file(const std::filesystem::path& path);
Result<SoundPart> open_part(const std::filesystem::path& path, const StreamPart& part);

}  // namespace limpid::io
