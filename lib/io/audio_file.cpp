// SPDX-License-Identifier: MIT
#include "lib/io/audio_file.h"

#include <algorithm>
#include <exception>
#include <vector>

namespace limpid::io {

// Grows with what is really there: a header may promise terabytes.
Result<Audio> read_audio(const std::filesystem::path& path) try {
  constexpr std::ptrdiff_t kBlock = 4096;
  auto reader = AudioReader::open(path);
  if (!reader) return std::move(reader).error();
  const std::ptrdiff_t channels = reader->format().channels;
  std::vector<std::vector<float>> parts(static_cast<std::size_t>(channels));
  Tensor<float, 2> block({channels, kBlock});
  for (std::ptrdiff_t got = kBlock; got == kBlock;) {
    auto count = reader->read(block.view());
    if (!count) return std::move(count).error();
    got = static_cast<std::ptrdiff_t>(*count);
    for (std::ptrdiff_t c = 0; c < channels; ++c) {
      const auto samples = block.view()[c].slice(0, 0, got).span();
      auto& part = parts[static_cast<std::size_t>(c)];
      part.insert(part.end(), samples.begin(), samples.end());
    }
  }
  Audio audio{Tensor<float, 2>({channels, static_cast<std::ptrdiff_t>(parts[0].size())}),
              reader->format()};
  for (std::ptrdiff_t c = 0; c < channels; ++c)
    std::ranges::copy(parts[static_cast<std::size_t>(c)], audio.samples.view()[c].data());
  return audio;
} catch (const std::exception&) {  // bad_alloc, length_error
  return Error{ErrorCode::out_of_memory, "not enough memory for all of " + path.string()};
}

Status write_audio(const std::filesystem::path& path, AudioView<const float> samples,
                   const AudioFormat& format) {
  auto writer = AudioWriter::create(path, format);
  if (!writer) return std::move(writer).error();
  auto status = writer->write(samples);
  return status ? writer->commit() : status;
}

}  // namespace limpid::io
