// SPDX-License-Identifier: MIT
// Brings the weights of a network to the GPU and claims its memory.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "models/frcrn/gpu_network.h"

namespace limpid::models {
namespace {

Status unsupported(const std::string& what) {
  return Error{ErrorCode::unsupported, "on a GPU, FRCRN runs " + what};
}

Status check(const FrcrnConfig& config, const dsp::StftSpec& stft, int lanes, int max_frames) {
  if (config.unets != 1 || config.lookahead || config.pooling != nn::Pooling::none)
    return unsupported("as one U-Net without look-ahead and pooling; this network has more");
  if (config.frequency_order < 1)
    return unsupported("with a recurrence along frequency; this network has none");
  if (stft.bins() > config.bins())
    return unsupported("at up to " + std::to_string(config.sample_rate) +
                       " Hz, the rate it was trained at");
  if (2 * config.depth() + config.time_layers + 4 > kernels::cuda::KeepArgs::kMost)
    return unsupported("with fewer levels");
  if (std::int64_t{lanes} * max_frames * config.bins() > INT32_MAX / 2)
    return unsupported("fewer lanes and frames at a time than " + std::to_string(lanes) + " x " +
                       std::to_string(max_frames));
  return Done{};
}

std::vector<float> columns(const std::vector<float>& matrix, int k, int width, int first,
                           int count) {
  std::vector<float> part;
  for (int row = 0; row < k; ++row) {
    const auto begin = matrix.begin() + static_cast<std::ptrdiff_t>(row) * width + first;
    part.insert(part.end(), begin, begin + count);
  }
  return part;
}

}  // namespace

Result<std::unique_ptr<GpuNetwork>> GpuNetwork::open(kernels::cuda::LayerQueue& queue,
                                                     const MaskNetwork& network,
                                                     const dsp::StftSpec& stft, int lanes,
                                                     int max_frames) {
  if (auto done = check(network.config, stft, lanes, max_frames); !done) return done.error();
  std::unique_ptr<GpuNetwork> gpu(new GpuNetwork(queue, network, stft, lanes, max_frames));
  if (auto done = gpu->load_weights(network); !done) return done.error();
  if (auto done = gpu->load_transforms(); !done) return done.error();
  if (auto done = gpu->claim_memory(); !done) return done.error();
  return gpu;
}

GpuNetwork::GpuNetwork(kernels::cuda::LayerQueue& queue, const MaskNetwork& network,
                       const dsp::StftSpec& stft, int lanes, int max_frames)
    : queue_(queue),
      config_(network.config),
      stft_(stft),
      lanes_(lanes),
      max_frames_(max_frames),
      overlap_(stft.window / stft.hop) {}

Result<const float*> GpuNetwork::uploaded(std::span<const float> values) {
  auto memory = queue_.claim(values.size());
  if (!memory) return memory.error();
  const auto count = static_cast<std::ptrdiff_t>(values.size());
  if (auto done = queue_.upload(*memory, count, values.data(), count, 1); !done)
    return done.error();
  if (auto done = queue_.finish(); !done) return done.error();  // `values` may be gone after this
  return static_cast<const float*>(*memory);
}

Status GpuNetwork::affine(Product& product, std::span<const float> scale_re,
                          std::span<const float> shift_re, std::span<const float> scale_im,
                          std::span<const float> shift_im) {
  const std::span<const float> from[] = {scale_re, scale_im, shift_re, shift_im};
  const float** to[] = {&product.scale[0], &product.scale[1], &product.shift[0], &product.shift[1]};
  for (std::size_t i = 0; i < 4; ++i) {
    auto values = uploaded(from[i]);
    if (!values) return values.error();
    *to[i] = *values;
  }
  return Done{};
}

Status GpuNetwork::plain_product(std::span<const float> re, std::span<const float> im, int k, int n,
                                 Product& product) {
  product.k = k;
  product.n = n;
  auto real = uploaded(re);
  if (!real) return real.error();
  product.re = *real;
  if (!im.empty()) {
    auto imaginary = uploaded(im);
    if (!imaginary) return imaginary.error();
    product.im = *imaginary;
  }
  const std::vector<float> one(static_cast<std::size_t>(n), 1.0f),
      zero(static_cast<std::size_t>(n), 0.0f);
  return affine(product, one, zero, one, zero);
}

// `both`: [A | B], real and imaginary weights side by side.
Status GpuNetwork::complex_product(const kernels::PackedMatrix& both, const nn::ComplexNorm& norm,
                                   Product& product) {
  const int k = both.k(), n = both.n() / 2;
  const auto values = both.by_input();
  if (auto done = plain_product(columns(values, k, 2 * n, 0, n), columns(values, k, 2 * n, n, n), k,
                                n, product);
      !done)
    return done;
  product.slope = nn::ComplexNorm::kLeak;
  return affine(product, norm.scale(0), norm.shift(0), norm.scale(1), norm.shift(1));
}

Status GpuNetwork::real_product(const kernels::PackedMatrix& matrix, std::span<const float> bias,
                                float slope, Product& product) {
  if (auto done = plain_product(matrix.by_input(), {}, matrix.k(), matrix.n(), product); !done)
    return done;
  product.slope = slope;
  if (bias.empty()) return Done{};
  const std::vector<float> one(bias.size(), 1.0f);
  return affine(product, one, bias, one, bias);
}

Status GpuNetwork::fsmn(const nn::ComplexFsmn& layer, Fsmn& fsmn) {
  fsmn.channels = layer.linear().k();
  fsmn.order = layer.order();
  if (auto done = real_product(layer.linear(), layer.bias(), 0.0f, fsmn.linear); !done) return done;
  if (auto done = real_product(layer.project_f(), {}, 1.0f, fsmn.project_f); !done) return done;
  if (auto done = real_product(layer.project_g(), {}, 1.0f, fsmn.project_g); !done) return done;
  auto taps = uploaded(layer.taps());
  if (!taps) return taps.error();
  fsmn.taps = *taps;
  return Done{};
}

Status GpuNetwork::load_weights(const MaskNetwork& network) {
  const Unet& unet = network.unets[0];
  const auto depth = static_cast<std::size_t>(config_.depth());
  encoders_.resize(depth);
  recurrences_.resize(depth);
  decoders_.resize(depth);
  time_.resize(unet.time().size());
  for (std::size_t i = 0; i < depth; ++i) {
    const auto& encoder = unet.encoders()[i];
    const auto& decoder = unet.decoders()[i];
    auto done = complex_product(encoder.conv.weights(), encoder.conv.norm(), encoders_[i]);
    if (done && i > 0) done = fsmn(encoder.recurrence, recurrences_[i]);
    if (done) done = complex_product(decoder.conv.even(), decoder.conv.norm(), decoders_[i].even);
    if (done) done = complex_product(decoder.conv.odd(), decoder.conv.norm(), decoders_[i].odd);
    if (done && i + 1 < depth) done = fsmn(decoder.recurrence, decoders_[i].recurrence);
    if (!done) return done;
  }
  for (std::size_t layer = 0; layer < time_.size(); ++layer)
    if (auto done = fsmn(unet.time()[layer], time_[layer]); !done) return done;
  const Unet::Linear& mix = unet.linear();
  const std::span<const float> from[] = {mix.re, mix.im, mix.bias_re, mix.bias_im};
  const float** to[] = {&mix_re_, &mix_im_, &mix_bias_re_, &mix_bias_im_};
  for (std::size_t i = 0; i < 4; ++i) {
    auto values = uploaded(from[i]);
    if (!values) return values.error();
    *to[i] = *values;
  }
  if (!network.voice) return Done{};
  auto weight = uploaded(network.voice->weight());
  if (!weight) return weight.error();
  voice_weight_ = *weight;
  voice_bias_ = network.voice->bias();
  return Done{};
}

// Both transforms as products with windowed sines, in the conventions of dsp::Analysis and
// dsp::Synthesis.
Status GpuNetwork::load_transforms() {
  const int window = stft_.window, hop = stft_.hop, bins = stft_.bins();
  const auto shape = dsp::sqrt_hann(window);
  const auto turn = [&](int k, int n) {
    return 2 * std::numbers::pi * static_cast<double>(static_cast<std::int64_t>(k) * n % window) /
           window;
  };
  std::vector<float> re, im;
  for (int n = 0; n < window; ++n)
    for (int k = 0; k < bins; ++k) {
      const double w = shape[static_cast<std::size_t>(n)];
      re.push_back(static_cast<float>(w * std::cos(turn(k, n))));
      im.push_back(static_cast<float>(-w * std::sin(turn(k, n))));
    }
  if (auto done = plain_product(re, im, window, bins, analysis_); !done) return done;

  re.clear();
  im.clear();
  for (int segment = 0; segment < overlap_; ++segment)  // the oldest window first
    for (int k = 0; k < bins; ++k)
      for (int i = 0; i < hop; ++i) {
        const int n = (overlap_ - 1 - segment) * hop + i;
        const bool alone = k == 0 || 2 * k == window;  // frequencies k and -k are the same
        const double w =
            shape[static_cast<std::size_t>(n)] * (alone ? 1 : 2) / (overlap_ / 2.0 * window);
        re.push_back(static_cast<float>(w * std::cos(turn(k, n))));
        im.push_back(alone ? 0.0f : static_cast<float>(w * std::sin(turn(k, n))));
      }
  return plain_product(re, im, overlap_ * bins, hop, synthesis_);
}

Status GpuNetwork::claim(GpuTimeline& timeline, int rows, int channels, int history, int pad) {
  timeline = {nullptr, lanes_, max_frames_ + history, rows, channels, history, pad};
  auto memory =
      queue_.claim(nn::activation_size(lanes_, timeline.capacity, rows + 2 * pad, channels));
  if (!memory) return memory.error();
  timeline.data = *memory;
  if (history > 0) all_.push_back(&timeline);
  return Done{};
}

Status GpuNetwork::claim_memory() {
  const int depth = config_.depth(), bins = stft_.bins();
  inputs_.resize(static_cast<std::size_t>(depth));
  decoding_.resize(static_cast<std::size_t>(depth));
  past_.resize(time_.size());
  auto done = claim(audio_, 1, stft_.hop, overlap_ - 1);
  if (done) done = claim(spectra_, 1, bins, config_.taps - 1);
  if (done) done = claim(masked_, 1, bins, overlap_ - 1);
  if (done) done = claim(mask_, config_.bins(), config_.taps, 0);
  if (done) done = claim(bottleneck_, 1, config_.channels.back(), 0);
  std::size_t most = 0;
  for (int i = 0; done && i < depth; ++i) {
    const nn::ConvShape encoder = config_.encoder(i), decoder = config_.decoder(i);
    const auto at = static_cast<std::size_t>(i);
    done = claim(inputs_[at], encoder.in_rows, encoder.in_channels, 1);
    if (done)
      done = claim(decoding_[at], decoder.in_rows, decoder.in_channels, 1,
                   nn::ComplexTransposedConv::padding(decoder));
    most = std::max(
        {most, nn::activation_size(lanes_, max_frames_, encoder.in_rows, 2 * encoder.in_channels),
         nn::activation_size(lanes_, max_frames_, nn::ComplexTransposedConv::out_rows(decoder),
                             2 * decoder.out_channels),
         nn::activation_size(lanes_, max_frames_, 1, 2 * config_.channels.back())});
  }
  for (std::size_t layer = 0; done && layer < time_.size(); ++layer)
    done = claim(past_[layer], 1, 2 * time_[layer].channels, time_[layer].order - 1);
  if (!done) return done;

  const auto samples =
      static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(max_frames_ * stft_.hop);
  struct Wanted {
    float*& memory;
    std::size_t floats;
  };
  for (const Wanted& wanted :
       {Wanted{hidden_, most}, Wanted{projected_, most}, Wanted{output_, samples}}) {
    auto memory = queue_.claim(wanted.floats);
    if (!memory) return memory.error();
    wanted.memory = *memory;
  }
  if (config_.level_horizon > 0) {
    auto memory = queue_.claim(levels_size());
    if (!memory) return memory.error();
    levels_ = *memory;
  }
  if (voice_weight_ == nullptr) return Done{};
  auto memory =
      queue_.claim(static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(max_frames_));
  if (!memory) return memory.error();
  voice_ = *memory;
  return Done{};
}

}  // namespace limpid::models
