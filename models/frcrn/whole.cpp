// SPDX-License-Identifier: MIT
#include "models/frcrn/whole.h"

#include <algorithm>

#include "lib/base/float_mode.h"
#include "lib/dsp/stft.h"
#include "lib/kernels/elementwise.h"

namespace limpid::models {
namespace {

using Spectra = std::vector<dsp::cfloat>;  // [frame][bin]

Spectra analyse(std::span<const float> audio, const dsp::StftSpec& stft, int frames,
                dsp::Analysis& analysis) {
  const int early = stft.window / stft.hop - 1;  // columns before the first whole window
  Spectra spectra(static_cast<std::size_t>(frames) * static_cast<std::size_t>(stft.bins()));
  for (int hop = 0; hop < frames + early; ++hop)
    analysis.process(
        0, audio.data() + static_cast<std::ptrdiff_t>(hop) * stft.hop,
        spectra.data() + static_cast<std::ptrdiff_t>(std::max(0, hop - early)) * stft.bins());
  return spectra;
}

void compress(const Spectra& spectra, float exponent, nn::Activation into) {
  for (int frame = 0; frame < into.frames; ++frame)
    kernels::compress(spectra.data() + static_cast<std::ptrdiff_t>(frame) * into.rows, into.rows,
                      1.0f, exponent, into.at(0, frame, 0), into.at(1, frame, 0));
}

// The U-Nets one after the other, each with memory of its own; adds up the tanh of their outputs.
void run_unets(const FrcrnNetwork& network, const Spectra& spectra, nn::Activation mask) {
  Arena outputs;
  nn::Timeline before;
  for (const Unet& unet : network.unets) {
    Arena arena;
    UnetState state(unet, arena, 1, mask.frames, true);
    const nn::Activation input = state.input().append(mask.frames);
    if (before.size() == 0) {
      compress(spectra, network.config.compression, input);
    } else {
      for (int block = 0; block < 2; ++block)  // frames follow each other without gaps
        std::copy_n(before.frames(0, mask.frames).at(block, 0, 0), mask.block_stride,
                    input.at(block, 0, 0));
    }
    nn::Timeline output(outputs, 1, mask.frames, mask.rows, 1, 0);
    unet.run(state, output, true, arena.claim<float>(unet.scratch(1)));
    const nn::Activation u = output.frames(0, mask.frames);
    kernels::add_tanh(u.data, static_cast<int>(2 * u.block_stride), mask.data);
    before = output;
  }
}

std::vector<float> synthesise(Spectra& spectra, nn::ConstActivation mask, const dsp::StftSpec& stft,
                              dsp::Synthesis& synthesis) {
  const auto tail = synthesis.tail(0);
  std::vector<float> out(static_cast<std::size_t>(mask.frames * stft.hop) + tail.size());
  for (int frame = 0; frame < mask.frames; ++frame) {
    dsp::cfloat* column = spectra.data() + static_cast<std::ptrdiff_t>(frame) * mask.rows;
    kernels::apply_mask(column, mask.at(0, frame, 0), mask.at(1, frame, 0), mask.rows, column);
    synthesis.process(0, column, out.data() + static_cast<std::ptrdiff_t>(frame) * stft.hop);
  }
  std::ranges::copy(tail, out.end() - static_cast<std::ptrdiff_t>(tail.size()));
  undo_edge_windows(out, stft);
  return out;
}

Result<std::vector<float>> run_one(const FrcrnNetwork& network, const dsp::StftSpec& stft,
                                   std::span<const float> audio, int frames) {
  auto analysis = dsp::Analysis::create(stft, 1);
  if (!analysis) return analysis.error();
  auto synthesis = dsp::Synthesis::create(stft, 1);
  if (!synthesis) return synthesis.error();
  Spectra spectra = analyse(audio, stft, frames, *analysis);
  std::vector<float> memory(nn::activation_size(1, frames, stft.bins(), 1));
  const auto mask = nn::dense(memory.data(), 1, frames, stft.bins(), 1);
  run_unets(network, spectra, mask);
  return synthesise(spectra, mask, stft, *synthesis);
}

}  // namespace

void undo_edge_windows(std::span<float> audio, const dsp::StftSpec& stft) {
  const auto w = dsp::stft_windows(stft).analysis;
  const auto edge = static_cast<std::size_t>(stft.window - stft.hop);
  float* tail = audio.data() + audio.size() - edge;
  for (std::size_t n = 0; n < edge; ++n) {
    const float rising = w[n], falling = w[n + static_cast<std::size_t>(stft.hop)];
    audio[n] /= rising * rising + 1e-8f;
    tail[n] /= falling * falling + 1e-8f;
  }
}

Result<Tensor<float, 2>> frcrn_whole(const FrcrnNetwork& network, AudioView<const float> audio) {
  const FlushDenormals no_denormals;
  const FrcrnConfig& config = network.config;
  const auto stft = dsp::stft_at(config.window, config.hop, config.sample_rate);
  const std::ptrdiff_t hops = audio.extent(1) / stft.hop;
  const auto frames = static_cast<int>(hops - (stft.window / stft.hop - 1));
  if (frames < 1)
    return Error{ErrorCode::invalid_argument, "the recording is shorter than one window"};
  Tensor<float, 2> out({audio.extent(0), hops * stft.hop});
  for (std::ptrdiff_t i = 0; i < audio.extent(0); ++i) {
    auto enhanced = run_one(network, stft, audio[i].span(), frames);
    if (!enhanced) return enhanced.error();
    std::ranges::copy(*enhanced, out.view()[i].data());
  }
  return out;
}

}  // namespace limpid::models
