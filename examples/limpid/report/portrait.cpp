// SPDX-License-Identifier: MIT
#include "examples/limpid/report/portrait.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "examples/limpid/interrupt.h"
#include "examples/limpid/report/colour_map.h"
#include "examples/limpid/report/private_folder.h"
#include "examples/limpid/report/spectrogram.h"
#include "lib/io/output_format.h"

namespace limpid::cli {
namespace {

constexpr int kColumns = 900, kRows = 240, kColours = 64, kPoints = 900;
constexpr double kClipSeconds = 20;
constexpr int kClipChannels = 2;  // browsers play two, and a page has its limits
constexpr std::ptrdiff_t kBlock = 16384;

std::string picture(const Spectrogram& spectrogram) {
  std::vector<std::uint8_t> pixels;
  for (const float level : spectrogram.levels()) {
    const double height = std::clamp(1 - level / kLowestLevel, 0.0, 1.0);
    pixels.push_back(static_cast<std::uint8_t>(std::lround(height * (kColours - 1))));
  }
  return encode_png(pixels, spectrogram.width(), colour_map(kColours));
}

class Waveform {
 public:
  explicit Waveform(std::int64_t samples)
      : samples_(std::max<std::int64_t>(samples, 1)),
        points_(static_cast<std::size_t>(std::min<std::int64_t>(kPoints, samples_))) {}

  void add(AudioView<const float> samples) {
    const auto points = static_cast<std::int64_t>(points_.size());
    for (std::ptrdiff_t i = 0; i < samples.extent(1); ++i, ++position_) {
      Extremes& point =
          points_[static_cast<std::size_t>(std::min(position_ * points / samples_, points - 1))];
      for (std::ptrdiff_t c = 0; c < samples.extent(0); ++c) {
        point.low = std::min(point.low, samples[c].data()[i]);
        point.high = std::max(point.high, samples[c].data()[i]);
      }
    }
  }

  std::vector<Extremes> take() { return std::move(points_); }

 private:
  std::int64_t samples_, position_ = 0;
  std::vector<Extremes> points_;
};

// Encoders write files, so the clip is one for a moment.
Result<std::string> encode_clip(AudioView<const float> samples, int sample_rate) {
  const auto folder = make_private_folder();
  if (!folder) return folder.error();
  const std::filesystem::path file = *folder / "clip.flac";
  const auto format = io::compact_format(sample_rate, static_cast<int>(samples.extent(0)));
  const Status status = io::write_audio(file, samples, format);
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::error_code ignored;
  std::filesystem::remove_all(*folder, ignored);
  if (!status) return status.error();
  return bytes;
}

}  // namespace

Result<Portrait> portray(const std::filesystem::path& path) {
  auto reader = io::AudioReader::open(path);
  if (!reader) return std::move(reader).error();
  const io::AudioFormat& format = reader->format();
  auto spectrogram = Spectrogram::create(format.sample_rate, reader->frames(), kColumns, kRows);
  if (!spectrogram) return std::move(spectrogram).error();
  Waveform waveform(reader->frames());
  Tensor<float, 2> block({format.channels, kBlock});
  const auto longest = static_cast<std::ptrdiff_t>(kClipSeconds * format.sample_rate);
  Tensor<float, 2> clip({std::min(format.channels, kClipChannels), longest});
  std::int64_t read = 0;
  while (!interrupted()) {  // nobody will see it then
    auto count = reader->read(block.view());
    if (!count) return std::move(count).error();
    if (*count == 0) break;
    const AudioView<const float> samples = block.view().slice(1, 0, *count);
    spectrogram->add(samples);
    waveform.add(samples);
    const auto kept = std::clamp<std::int64_t>(longest - read, 0, *count);
    for (std::ptrdiff_t c = 0; kept > 0 && c < clip.extent(0); ++c)
      std::copy_n(samples[c].data(), kept, clip.view()[c].data() + read);
    read += *count;
  }
  spectrogram->finish();
  Portrait portrait;
  portrait.sample_rate = format.sample_rate;
  portrait.seconds = static_cast<double>(read) / format.sample_rate;
  portrait.spectrogram = picture(*spectrogram);
  portrait.waveform = waveform.take();
  const auto clipped = std::min<std::int64_t>(longest, read);
  portrait.clip_seconds = static_cast<double>(clipped) / format.sample_rate;
  auto encoded = encode_clip(clip.view().slice(1, 0, clipped), format.sample_rate);
  if (!encoded) return std::move(encoded).error();
  portrait.clip = *std::move(encoded);
  return portrait;
}

}  // namespace limpid::cli
