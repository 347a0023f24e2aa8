// SPDX-License-Identifier: MIT
#include "models/deftan2/whole.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lib/base/float_mode.h"
#include "lib/dsp/fft.h"
#include "lib/kernels/elementwise.h"
#include "models/deftan2/plane_whole.h"
#include "models/deftan2/sequence_half.h"

namespace limpid::models {
namespace {

// A recording with the zeros that the published code puts around it.
struct Padded {
  Padded(AudioView<const float> audio, int hop_)
      : length(audio.extent(1)), hop(hop_), samples({audio.extent(0), padded_length()}) {
    for (std::ptrdiff_t m = 0; m < audio.extent(0); ++m)
      kernels::repair(audio[m].data(), static_cast<int>(length), samples.view()[m].data() + hop);
  }

  // A hop in front; behind, what makes whole hops and up to two more.
  std::ptrdiff_t padded_length() const noexcept {
    const std::ptrdiff_t window = 2 * std::ptrdiff_t{hop};
    return length + window - (hop + length % window) % window + window;
  }
  int frames() const noexcept { return static_cast<int>(samples.extent(1) / hop + 1); }

  std::ptrdiff_t length;
  int hop;
  Tensor<float, 2> samples;  // [microphone][padded_length()]
};

// Standard deviation of all samples, with n - 1 as PyTorch has it.
double measure_level(AudioView<const float> x) {
  double sum = 0, squares = 0;
  const double count = static_cast<double>(x.extent(0)) * static_cast<double>(x.extent(1));
  for (std::ptrdiff_t m = 0; m < x.extent(0); ++m)
    for (const float v : x[m].span()) sum += static_cast<double>(v);
  const double mean = sum / count;
  for (std::ptrdiff_t m = 0; m < x.extent(0); ++m)
    for (const float v : x[m].span())
      squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
  return std::sqrt(squares / (count - 1));
}

// Periodic Hann, at both ends of the transform.
std::vector<float> hann(int size) {
  std::vector<float> window(static_cast<std::size_t>(size));
  for (int n = 0; n < size; ++n)
    window[static_cast<std::size_t>(n)] =
        static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * n / size));
  return window;
}

// Frames are centred on multiples of the hop; beyond both ends the signal is mirrored.
void analyse(std::span<const float> x, double gain, const std::vector<float>& window, int plane,
             dsp::RealFft& fft, PlaneMap planes) {
  const auto last = static_cast<std::ptrdiff_t>(x.size()) - 1, size = std::ssize(window);
  for (int t = 0; t < planes.frames; ++t) {
    const std::ptrdiff_t begin = (t - 1) * size / 2;
    for (std::ptrdiff_t n = 0; n < size; ++n) {
      std::ptrdiff_t at = std::abs(begin + n);
      if (at > last) at = 2 * last - at;
      fft.time()[static_cast<std::size_t>(n)] =
          static_cast<float>(gain * static_cast<double>(x[static_cast<std::size_t>(at)])) *
          window[static_cast<std::size_t>(n)];
    }
    fft.forward();
    for (int bin = 0; bin < planes.bins; ++bin) {
      planes.frame(t).row(bin)[plane] = fft.spectrum()[static_cast<std::size_t>(bin)].real();
      planes.frame(t).row(bin)[plane + 1] = fft.spectrum()[static_cast<std::size_t>(bin)].imag();
    }
  }
}

// The least-squares inverse: every sample lies in two windows, whose squares divide the sum.
std::vector<float> synthesise(PlaneMap planes, double gain, const std::vector<float>& window,
                              std::ptrdiff_t length, dsp::RealFft& fft) {
  const auto size = window.size(), hop = size / 2;
  std::vector<float> out(static_cast<std::size_t>(planes.frames + 1) * hop);
  for (int t = 0; t < planes.frames; ++t) {
    for (int bin = 0; bin < planes.bins; ++bin) {
      const float* x = planes.frame(t).row(bin);
      fft.spectrum()[static_cast<std::size_t>(bin)] = {x[0], x[1]};
    }
    fft.inverse();
    for (std::size_t n = 0; n < size; ++n)
      out[static_cast<std::size_t>(t) * hop + n] += fft.time()[n] * window[n];
  }
  // The first hop is beyond the front, the second one the padding.
  std::vector<float> result(out.begin() + static_cast<std::ptrdiff_t>(2 * hop),
                            out.begin() + static_cast<std::ptrdiff_t>(2 * hop) + length);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const float rise = window[i % hop], fall = window[i % hop + hop];
    const double overlap = static_cast<double>(rise) * rise + static_cast<double>(fall) * fall;
    result[i] = static_cast<float>(result[i] * gain / (overlap * static_cast<double>(size)));
  }
  return result;
}

// Half the blocks' work is along frames, half along bins of the same map, which stays as it is.
void run_network(const Deftan2Network& network, PlaneMap in, PlaneMap out, ThreadTeam& team) {
  const Deftan2Config& config = network.config;
  std::vector<float> memory(static_cast<std::size_t>(in.frames) *
                            static_cast<std::size_t>(in.bins * config.channels));
  const PlaneMap x{memory.data(), in.frames, in.bins, config.channels};
  PlaneWhole(network.encoder, in.bins, team).run(in, x);
  {
    Arena arena;
    std::vector<SequenceHalf> halves;
    for (int worker = 0; worker < team.size(); ++worker)
      halves.emplace_back(arena, config, std::max(in.frames, in.bins));
    const auto mine = [&](int worker) -> SequenceHalf& {
      return halves[static_cast<std::size_t>(worker)];
    };
    const std::ptrdiff_t frame = std::ptrdiff_t{x.bins} * x.channels;
    for (std::size_t i = 0; i < network.along_time.size(); ++i) {
      team.each(x.frames, [&](int worker, int t) {
        const FlushDenormals no_denormals;
        mine(worker).run(network.along_frequency[i], x.frame(t));
      });
      team.each(x.bins, [&](int worker, int bin) {
        const FlushDenormals no_denormals;
        mine(worker).run(network.along_time[i], {x.frame(0).row(bin), frame, x.frames, x.channels});
      });
    }
  }
  PlaneWhole(network.decoder, in.bins, team).run(x, out);
}

}  // namespace

Result<std::vector<float>> deftan2_whole(const Deftan2Network& network,
                                         AudioView<const float> audio, int threads) {
  const Deftan2Config& config = network.config;
  const Padded padded(audio, config.hop_samples());
  const double level = measure_level(padded.samples.view());
  if (!(level > 0)) return std::vector<float>(static_cast<std::size_t>(padded.length));
  auto fft = dsp::RealFft::create(config.window_samples());
  if (!fft) return fft.error();
  ThreadTeam team(threads);
  const auto window = hann(config.window_samples());
  const auto size =
      static_cast<std::size_t>(padded.frames()) * static_cast<std::size_t>(config.bins());
  std::vector<float> in(size * static_cast<std::size_t>(config.inputs()));
  std::vector<float> out(size * static_cast<std::size_t>(config.outputs()));
  const PlaneMap planes{in.data(), padded.frames(), config.bins(), config.inputs()};
  const PlaneMap result{out.data(), padded.frames(), config.bins(), config.outputs()};
  for (int m = 0; m < config.microphones; ++m)
    analyse(padded.samples.view()[m].span(), 1.0 / level, window, 2 * m, *fft, planes);
  run_network(network, planes, result, team);
  return synthesise(result, level, window, padded.length, *fft);
}

}  // namespace limpid::models
