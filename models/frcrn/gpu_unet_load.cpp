// SPDX-License-Identifier: MIT
// Brings the weights of a U-Net to the GPU and claims its memory.
#include <algorithm>

#include "models/frcrn/gpu_unet.h"

namespace limpid::models {

Status GpuUnet::load(const Unet& unet, GpuFrcrnLoader& loader) {
  encoders_.resize(config_.channels.size());
  decoders_.resize(encoders_.size());
  time_.resize(unet.time().size());
  for (std::size_t i = 0; i < encoders_.size(); ++i) {
    const auto& encoder = unet.encoders()[i];
    const auto& decoder = unet.decoders()[i];
    const bool last = i + 1 == encoders_.size();
    auto done = loader.convolution(encoder.conv.weights(), encoder.conv.norm(), encoders_[i].conv);
    if (done && i > 0) done = loader.fsmn(encoder.recurrence, encoders_[i].recurrence);
    if (done) done = loader.gate(encoder.gate, encoders_[i].gate);
    if (done)
      done = loader.convolution(decoder.conv.even(), decoder.conv.norm(), decoders_[i].even);
    if (done) done = loader.convolution(decoder.conv.odd(), decoder.conv.norm(), decoders_[i].odd);
    if (done && !last) done = loader.fsmn(decoder.recurrence, decoders_[i].recurrence);
    if (done) done = loader.gate(decoder.gate, decoders_[i].gate);
    if (!done) return done;
  }
  for (std::size_t layer = 0; layer < time_.size(); ++layer)
    if (auto done = loader.fsmn(unet.time()[layer], time_[layer]); !done) return done;
  const Unet::Linear& mix = unet.linear();
  const std::span<const float> from[] = {mix.re, mix.im, mix.bias_re, mix.bias_im};
  const float** to[] = {&mix_re_, &mix_im_, &mix_bias_re_, &mix_bias_im_};
  for (std::size_t i = 0; i < 4; ++i) {
    auto values = loader.upload(from[i]);
    if (!values) return values.error();
    *to[i] = *values;
  }
  return Done{};
}

// A decoder's memory holds the frame before and, looking ahead, what its encoder is early by. The
// second U-Net's input is the first one's mask as well, which waits for its own.
Status GpuUnet::claim(GpuMemory& memory) {
  inputs_.resize(encoders_.size());
  decoding_.resize(encoders_.size());
  past_.resize(time_.size());
  auto done = memory.timeline(mask_, config_.bins(), config_.taps, 0);
  if (done) done = memory.timeline(bottleneck_, 1, config_.channels.back(), 0);
  for (int i = 0; done && i < depth(); ++i) {
    const nn::ConvShape encoder = config_.encoder(i), decoder = config_.decoder(i);
    const auto at = static_cast<std::size_t>(i);
    const int mask = i == 0 && late_ > 0 ? depth() : 1, early = config_.lookahead ? i : 0;
    done = memory.timeline(inputs_[at], encoder.in_rows, encoder.in_channels, mask);
    if (done)
      done = memory.timeline(decoding_[at], decoder.in_rows, decoder.in_channels, 1 + early,
                             nn::ComplexTransposedConv::padding(decoder));
    for (GpuGate* gate : {&encoders_[at].gate, &decoders_[at].gate})
      if (done && gate->pooling == nn::Pooling::running)
        done = memory.state(gate->state, 2 * gate->channels);
  }
  for (std::size_t layer = 0; done && layer < time_.size(); ++layer)
    done = memory.timeline(past_[layer], 1, time_[layer].words(), time_[layer].order - 1);
  return done;
}

Status GpuUnet::claim(GpuMemory& memory, GpuScratch& scratch) const {
  const auto size = [&](int rows, int channels) {
    return nn::activation_size(memory.lanes(), memory.max_frames(), rows, channels);
  };
  const int widest = *std::ranges::max_element(config_.channels);
  std::size_t most = size(1, 2 * widest);  // of gates and recurrences along time
  for (int i = 0; i < depth(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    most = std::max({most, size(config_.encoder(i).in_rows, encoders_[at].recurrence.words()),
                     size(nn::ComplexTransposedConv::out_rows(config_.decoder(i)),
                          decoders_[at].recurrence.words())});
  }
  const bool means =
      config_.pooling == nn::Pooling::running || config_.pooling == nn::Pooling::global;
  const std::size_t narrow = means ? size(1, widest) : 0;
  struct Wanted {
    float*& memory;
    std::size_t floats;
  };
  for (const Wanted& wanted : {Wanted{scratch.hidden, most}, Wanted{scratch.projected, most},
                               Wanted{scratch.means, narrow}, Wanted{scratch.wide, 2 * narrow},
                               Wanted{scratch.gains, narrow}}) {
    if (wanted.floats == 0) continue;
    auto claimed = memory.scratch(wanted.floats);
    if (!claimed) return claimed.error();
    wanted.memory = *claimed;
  }
  return Done{};
}

}  // namespace limpid::models
