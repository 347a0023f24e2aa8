// SPDX-License-Identifier: MIT
#include "models/longconv/gpu_network.h"

#include <algorithm>

#include "models/longconv/features.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

namespace {

constexpr int kFloatsOfPair = sizeof(gpu::MicrophoneArgs::Pair) / sizeof(float);
static_assert(kFeatures == gpu::MicrophoneArgs::kValues);

}  // namespace

Result<std::unique_ptr<GpuMaskMaker>> GpuLongConv::open(const LongConvNetwork& network,
                                                        GpuMemory& memory, Arithmetic arithmetic) {
  std::unique_ptr<GpuLongConv> maker(new GpuLongConv(network.config, memory));
  if (auto done = maker->load(network, arithmetic); !done) return done.error();
  if (auto done = maker->claim(); !done) return done.error();
  return std::unique_ptr<GpuMaskMaker>(std::move(maker));
}

Status GpuLongConv::load(const LongConvNetwork& network, Arithmetic arithmetic) {
  GpuLoader loader(queue_, arithmetic);
  Status done = norm_.load(network.norm, loader);
  if (done) done = load_bands(network, loader);
  for (const LongConvNetwork::Block& from : network.blocks) {
    Block& to = blocks_.emplace_back();
    if (done) done = to.memory.load(from.memory, loader);
    if (done) done = to.exchange.load(from.exchange, loader);
    if (done) done = to.refine.load(from.refine, loader);
  }
  if (!done || !config_.voice) return done;
  std::vector<float> weight = network.voice;
  weight.resize(2 * weight.size());  // there is no second part
  auto values = loader.upload(weight);
  if (!values) return values.error();
  voice_weight_ = *values;
  voice_bias_ = network.voice_bias;
  return Done{};
}

Status GpuLongConv::load_bands(const LongConvNetwork& network, GpuLoader& loader) {
  for (int band = 0; const LongConvNetwork::Band& from : network.bands) {
    if (auto done = load_split(from.split, from.first, from.bins, band, loader); !done) return done;
    if (auto done = load_masks(from.masks, from.first, from.bins, band++, loader); !done)
      return done;
  }
  return Done{};
}

// Inputs [microphone][bin][kFeatures] become [bin][microphone][kFeatures].
Status GpuLongConv::load_split(const Linear& from, int first, int bins, int band,
                               GpuLoader& loader) {
  const int n = from.weights.n(), k = of_bin() * bins;
  const auto weights = from.weights.by_input();
  std::vector<float> arranged;
  for (int bin = 0; bin < bins; ++bin)
    for (int microphone = 0; microphone < config_.microphones; ++microphone) {
      const auto row = weights.begin() + std::ptrdiff_t{microphone * bins + bin} * kFeatures * n;
      arranged.insert(arranged.end(), row, row + std::ptrdiff_t{kFeatures} * n);
    }
  GpuLinear split;
  if (auto done = split.load(loader, arranged, from.bias, k, n); !done) return done;
  split_.add(split, of_bin() * first, band * config_.channels);
  return Done{};
}

// Outputs [re, im][tap][bin], then [re, im][further microphone][bin], become [bin][mask] of both
// parts.
Status GpuLongConv::load_masks(const Linear& from, int first, int bins, int band,
                               GpuLoader& loader) {
  const int k = from.weights.k(), taps = config_.taps, masks = config_.masks(), n = bins * masks;
  const auto weights = from.weights.by_input();
  for (int part = 0; part < 2; ++part) {
    const auto place = [&](int mask) {  // in outputs of one bin
      return mask < taps ? part * taps + mask : taps + part * (masks - taps) + mask;
    };
    const auto arranged = [&](std::span<const float> rows) {
      std::vector<float> values;
      for (std::ptrdiff_t row = 0; row < std::ssize(rows); row += 2 * n)
        for (int bin = 0; bin < bins; ++bin)
          for (int mask = 0; mask < masks; ++mask)
            values.push_back(rows[static_cast<std::size_t>(row + place(mask) * bins + bin)]);
      return values;
    };
    GpuLinear layer;
    if (auto done = layer.load(loader, arranged(weights), arranged(from.bias), k, n); !done)
      return done;
    make_masks_.add(layer, band * config_.channels, first * masks, part);
  }
  return Done{};
}

Status GpuLongConv::claim() {
  const int bins = config_.bins(), bands = config_.band_count();
  auto done = memory_.timeline(features_, bins, of_bin(), 0, 0, 1);
  if (done) done = memory_.timeline(x_, bands, config_.channels, 0, 0, 1);
  if (done) done = memory_.timeline(masks_, bins, config_.masks(), 0);
  if (done && config_.voice) done = memory_.timeline(voice_, 1, 1, 0, 0, 1);
  if (done) done = memory_.state(levels_, 2 * bins, 1);
  if (done && config_.microphones > 1)
    done = memory_.state(pairs_, (config_.microphones - 1) * bins * kFloatsOfPair, 1);
  if (done) done = claim_scratch();
  ring_.capacity = gpu::ring_capacity(config_.long_taps, memory_.max_frames());
  ring_.brief_capacity = config_.short_taps - 1 + memory_.max_frames();
  for (std::size_t i = 0; done && i < blocks_.size(); ++i)
    done = blocks_[i].memory.claim(memory_, bands, ring_);
  return done;
}

Status GpuLongConv::claim_scratch() {
  const auto columns =
      static_cast<std::size_t>(memory_.lanes()) * static_cast<std::size_t>(memory_.max_frames());
  const int widest =
      std::max({config_.band_count() * 3 * config_.memory,
                (1 + std::max(config_.band_count(), GpuLongLinear::parts(config_.width()))) *
                    config_.exchange,
                config_.channels <= gpu::kMaxResident ? 0 : config_.band_count() * config_.hidden});
  float* head = nullptr;
  struct Wanted {
    float*& memory;
    std::size_t floats;
  };
  for (const Wanted& wanted :
       {Wanted{scratch_.side, columns * static_cast<std::size_t>(config_.width())},
        Wanted{scratch_.wide, columns * static_cast<std::size_t>(widest)},
        Wanted{head, sizeof(gpu::RingHead) / sizeof(float)}}) {
    auto claimed = memory_.scratch(wanted.floats);
    if (!claimed) return claimed.error();
    wanted.memory = *claimed;
  }
  ring_.head = reinterpret_cast<gpu::RingHead*>(head);
  return Done{};
}

Status GpuLongConv::run(const GpuSpectra& input, int frames) const {
  const nn::Activation x = x_.fresh(frames);
  auto done = analyse(input, frames);
  if (done) done = split_.run(queue_, features_.fresh(frames), x);
  for (const Block& block : blocks_) {
    if (done) done = block.memory.run(queue_, x, ring_, scratch_);
    if (done) done = block.exchange.run(queue_, x, scratch_);
    if (done) done = block.refine.run(queue_, x, scratch_);
  }
  if (done) done = norm_.run(queue_, x, x);
  if (done) done = make_masks_.run(queue_, x, masks_.fresh(frames));
  if (done && config_.voice) done = detect_voice(frames);
  return done;
}

// What spectrum_features() makes, and MicrophoneFeatures.
Status GpuLongConv::analyse(const GpuSpectra& input, int frames) const {
  const nn::Activation features = features_.fresh(frames);
  const int lanes = memory_.lanes(), bins = config_.bins(), row = of_bin();
  const gpu::Frames<float> levels{features.data, features.block_stride, features.frame_stride, 1},
      spectrum{features.data + 2, features.block_stride, features.frame_stride, 1};
  auto done = queue_.unit_spectrum(
      {input.all.x, spectrum, lanes, frames, input.band, bins, row, input.scale, 0.5f});
  if (done)
    done = queue_.levels({input.all.x, levels, reinterpret_cast<gpu::Complex*>(levels_), lanes,
                          frames, input.band, bins, row, config_.level_horizon, input.scale});
  if (!done || pairs_ == nullptr) return done;
  const gpu::Frames<float> others{features.data + kFeatures, features.block_stride,
                                  features.frame_stride, 0};
  return queue_.microphones({input.all, others,
                             reinterpret_cast<gpu::MicrophoneArgs::Pair*>(pairs_), lanes, frames,
                             input.band, bins, row, config_.coherence_horizon});
}

Status GpuLongConv::detect_voice(int frames) const {
  const nn::Activation x = x_.fresh(frames);
  gpu::Frames<const float> real = frames_of<const float>(x);
  real.imaginary = 0;
  return queue_.voice({real, voice_.data, voice_.capacity, voice_weight_, voice_bias_, x.lanes,
                       frames, x.rows, x.channels, static_cast<std::int32_t>(x.row_stride)});
}

gpu::Mask GpuLongConv::mask(int frames) const {
  const gpu::Frames<const float> masks = frames_of<const float>(masks_.fresh(frames));
  return {{masks, nullptr, nullptr, nullptr, nullptr, config_.taps, config_.microphones - 1},
          {nullptr, 0, 0, 0}};
}

}  // namespace limpid::models
