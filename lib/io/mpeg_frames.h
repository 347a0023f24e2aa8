// SPDX-License-Identifier: MIT
// The frames of an MP3 file, counted: nothing else says reliably how long it is. An encoder may put
// a count into a silent frame before the audio ("Xing" header); many do not, and it is a lie when
// files were joined or cut.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/io/file_bytes.h"

namespace limpid::io {

struct MpegFrames {
  std::uint64_t first = 0;           // byte; of the frame with the Xing header, if there is one
  std::uint64_t begin = 0, end = 0;  // bytes, of the frames with audio
  bool gaps = false;                 // between them, or an incomplete one at the end
  std::uint64_t other_begin = 0;     // where audio of another rate or number of channels begins
  std::int64_t frames = 0;
  std::int64_t promised = -1;  // by the Xing header, if there is one
  std::uint32_t header = 0;    // of the first frame
};

// Nothing for what is not MPEG layer III, or has more than `searched` bytes of anything but ID3v2
// tags before the first frame.
std::optional<MpegFrames> find_mpeg_frames(FileBytes& file, std::uint64_t searched);

// The true count, to be put before the frames, and a silent frame: of what follows a count,
// decoders drop the encoder's delay and their own, which must not be samples that were there
// without it.
std::string counting_header(const MpegFrames& stream);

}  // namespace limpid::io
