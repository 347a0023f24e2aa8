// SPDX-License-Identifier: MIT
#include "models/frcrn/gpu_network.h"

namespace limpid::models {

namespace gpu = kernels::cuda;

namespace {

Status unsupported(const std::string& what) {
  return Error{ErrorCode::unsupported, "on a GPU, FRCRN runs " + what};
}

Status check(const FrcrnConfig& config) {
  if (config.pooling == nn::Pooling::global)
    return unsupported("in streams; this network averages over whole recordings");
  if (config.frequency_order < 1)
    return unsupported("with a recurrence along frequency; this network has none");
  return Done{};
}

}  // namespace

Result<std::unique_ptr<GpuMaskMaker>> GpuFrcrn::open(const FrcrnNetwork& network, GpuMemory& memory,
                                                     Arithmetic arithmetic) {
  if (auto done = check(network.config); !done) return done.error();
  std::unique_ptr<GpuFrcrn> maker(new GpuFrcrn(network.config, memory));
  if (auto done = maker->load(network, arithmetic); !done) return done.error();
  if (auto done = maker->claim(); !done) return done.error();
  return std::unique_ptr<GpuMaskMaker>(std::move(maker));
}

GpuFrcrn::GpuFrcrn(const FrcrnConfig& config, GpuMemory& memory)
    : queue_(memory.queue()), memory_(memory), config_(config) {
  for (int i = 0; i < config.unets; ++i)
    unets_.emplace_back(queue_, config_, alive_, config.lookahead ? i * config.depth() : 0);
}

Status GpuFrcrn::load(const FrcrnNetwork& network, Arithmetic arithmetic) {
  GpuFrcrnLoader loader(queue_, arithmetic);
  for (std::size_t i = 0; i < unets_.size(); ++i)
    if (auto done = unets_[i].load(network.unets[i], loader); !done) return done;
  if (!network.voice) return Done{};
  auto weight = loader.upload(network.voice->weight());
  if (!weight) return weight.error();
  voice_weight_ = *weight;
  voice_bias_ = network.voice->bias();
  return Done{};
}

Status GpuFrcrn::claim() {
  Status done = Done{};
  if (voice_weight_ != nullptr)
    done = memory_.timeline(voice_, 1, 1, config_.lookahead_frames(), 0, 1);
  if (done && config_.lookahead) done = claim_alive();
  if (done && config_.level_horizon > 0) done = memory_.state(levels_, 2 * config_.bins(), 1);
  for (std::size_t i = 0; done && i < unets_.size(); ++i) done = unets_[i].claim(memory_);
  if (done) done = unets_[0].claim(memory_, scratch_);
  return done;
}

// Every frame that will come is one of the stream's; those before the first are not.
Status GpuFrcrn::claim_alive() {
  const int lanes = memory_.lanes(), frames = memory_.max_frames();
  auto done = memory_.timeline(alive_, 1, 1, config_.lookahead_frames(), 0, 1);
  if (!done) return done;
  const std::vector<float> ones(static_cast<std::size_t>(lanes) * static_cast<std::size_t>(frames),
                                1.0f);
  done = queue_.upload(alive_.data + alive_.history, alive_.capacity, ones.data(), frames, lanes);
  if (done) done = queue_.finish();  // before `ones` are gone
  return done;
}

Status GpuFrcrn::run(const GpuSpectra& input, int frames) const {
  auto done = analyse(input, frames);
  if (done) done = unets_[0].run(frames, scratch_);
  if (done && voice_.data != nullptr) done = detect_voice(frames);
  if (done && unets_.size() > 1) done = refine(frames);
  return done;
}

Status GpuFrcrn::analyse(const GpuSpectra& input, int frames) const {
  const int bins = config_.bins(), row = config_.inputs();
  const nn::Activation in = unets_[0].input(frames);
  auto done = queue_.compress({input.all.x, frames_of<float>(in), in.lanes, frames, input.band,
                               bins, row, input.scale, config_.compression});
  if (!done || levels_ == nullptr) return done;
  return queue_.levels({input.all.x, frames_of<float>(in.slice_channels(1, 1)),
                        reinterpret_cast<gpu::Complex*>(levels_), in.lanes, frames, input.band,
                        bins, row, config_.level_horizon, input.scale});
}

// The second U-Net hears what the first one made, before the tanh.
Status GpuFrcrn::refine(int frames) const {
  const gpu::Frames<float> second = frames_of<float>(unets_[1].input(frames));
  const int lanes = memory_.lanes(), bins = config_.bins();
  auto done = queue_.mix({unets_[0].mixed(frames), second, lanes, frames, bins});
  if (done && config_.lookahead)
    done = queue_.silence({second, GpuUnet::alive(alive_, config_.depth()), lanes, frames, bins});
  if (done) done = unets_[1].run(frames, scratch_);
  return done;
}

// Its frames wait for their masks, which may look ahead.
Status GpuFrcrn::detect_voice(int frames) const {
  const nn::Activation x = unets_[0].bottleneck(frames);
  return queue_.voice({frames_of<const float>(x), voice_.data + voice_.history, voice_.capacity,
                       voice_weight_, voice_bias_, x.lanes, frames, x.rows, x.channels,
                       static_cast<std::int32_t>(x.row_stride)});
}

gpu::Mask GpuFrcrn::mask(int frames) const {
  gpu::Mask mask{unets_.back().mixed(frames), {nullptr, 0, 0, 0}};
  if (unets_.size() > 1) {
    const int wait = config_.lookahead ? config_.depth() : 0;
    mask.before = frames_of<const float>(unets_[1].past_input(frames, wait));
  }
  return mask;
}

}  // namespace limpid::models
