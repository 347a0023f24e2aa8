// SPDX-License-Identifier: MIT
#include "examples/limpid/convolve_taps.h"

#include <algorithm>
#include <numeric>

#include "lib/dsp/resampler.h"

namespace limpid::cli {
namespace {

// Half the length of the resampler's sinc, in samples of the lower rate (libsamplerate: 142.9).
constexpr std::int64_t kReach = 143;

// `given` with `count` zeros before it and after it.
Tensor<float, 2> padded(AudioView<const float> given, std::ptrdiff_t count) {
  Tensor<float, 2> out({given.extent(0), given.extent(1) + 2 * count});
  for (std::ptrdiff_t c = 0; c < given.extent(0); ++c)
    std::ranges::copy(given[c].span(), out.view()[c].data() + count);
  return out;
}

Tensor<float, 2> scaled(AudioView<const float> taps, float gain) {
  Tensor<float, 2> out({taps.extent(0), taps.extent(1)});
  for (std::ptrdiff_t c = 0; c < taps.extent(0); ++c)
    std::ranges::transform(taps[c].span(), out.view()[c].data(),
                           [gain](float tap) { return gain * tap; });
  return out;
}

}  // namespace

// The response, which often begins with its loudest sample, lies between silences while it is
// resampled: all of the sinc around its first and its last sample is to be there.
Result<Taps> taps_at(const io::Audio& response, int rate, float gain) {
  const int from = response.format.sample_rate;
  if (from == rate) return Taps{scaled(response.samples.view(), gain)};
  auto resampler = dsp::Resampler::create(from, rate, response.format.channels);
  if (!resampler) return std::move(resampler).error();
  // Silence of whole samples at both rates, for as long as a sinc reaches.
  const std::int64_t common = std::gcd(from, rate), from_step = from / common,
                     to_step = rate / common, lower = std::min(from, rate);
  const std::int64_t steps = (kReach * from + lower * from_step - 1) / (lower * from_step);
  const auto silence = padded(response.samples.view(), steps * from_step);
  auto made = resampler->process(silence.view(), true);
  if (!made) return std::move(made).error();
  const std::int64_t ringing = (kReach * rate + lower - 1) / lower, early = steps * to_step;
  const std::int64_t length = (response.samples.extent(1) * std::int64_t{rate} + from - 1) / from;
  const auto count = std::min(length + 2 * ringing, made->extent(1) - (early - ringing));
  return Taps{scaled(made->slice(1, early - ringing, count),
                     gain * static_cast<float>(from) / static_cast<float>(rate)),
              ringing};
}

}  // namespace limpid::cli
