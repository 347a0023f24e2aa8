// SPDX-License-Identifier: MIT
#include "models/deftan2/whole.h"

#include <algorithm>

#include "lib/base/float_mode.h"
#include "lib/dsp/fft.h"
#include "models/deftan2/padded.h"
#include "models/deftan2/plane_whole.h"
#include "models/deftan2/sequence_half.h"

namespace limpid::models {
namespace {

void analyse(std::span<const float> x, double gain, const std::vector<float>& window, int plane,
             dsp::RealFft& fft, PlaneMap planes) {
  const std::size_t size = window.size();
  for (int t = 0; t < planes.frames; ++t) {
    const auto frame = x.subspan(static_cast<std::size_t>(t) * size / 2, size);
    for (std::size_t n = 0; n < size; ++n)
      fft.time()[n] = static_cast<float>(gain * static_cast<double>(frame[n])) * window[n];
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
  const auto front = static_cast<std::ptrdiff_t>(Padded::kFront * hop);
  std::vector<float> result(out.begin() + front, out.begin() + front + length);
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
  const double level = padded.level();
  if (!(level > 0)) return std::vector<float>(static_cast<std::size_t>(padded.length()));
  auto fft = dsp::RealFft::create(config.window_samples());
  if (!fft) return fft.error();
  ThreadTeam team(threads);
  const auto window = published_window(config.window_samples());
  const auto size =
      static_cast<std::size_t>(padded.frames()) * static_cast<std::size_t>(config.bins());
  std::vector<float> in(size * static_cast<std::size_t>(config.inputs()));
  std::vector<float> out(size * static_cast<std::size_t>(config.outputs()));
  const PlaneMap planes{in.data(), padded.frames(), config.bins(), config.inputs()};
  const PlaneMap result{out.data(), padded.frames(), config.bins(), config.outputs()};
  for (int m = 0; m < config.microphones; ++m)
    analyse(padded.microphone(m), 1.0 / level, window, 2 * m, *fft, planes);
  run_network(network, planes, result, team);
  return synthesise(result, level, window, padded.length(), *fft);
}

}  // namespace limpid::models
