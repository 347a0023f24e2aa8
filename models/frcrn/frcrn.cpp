// SPDX-License-Identifier: MIT
#include "models/frcrn/frcrn.h"

#include <new>

#include "models/card.h"
#include "models/frcrn/exact.h"
#include "models/frcrn/gpu_exact.h"
#include "models/frcrn/gpu_network.h"
#include "models/frcrn/whole.h"
#include "models/gpu/session.h"
#include "models/mask_session.h"

namespace limpid::models {
namespace {

constexpr int kLowestRate = 8000, kHighestRate = 96000;
constexpr int kTile = 64;  // frames; more at once are no faster

class Frcrn final : public Model {
 public:
  Frcrn(MaskNetwork network, ModelSpec spec)
      : network_(std::make_shared<const MaskNetwork>(std::move(network))), spec_(std::move(spec)) {}

  const ModelSpec& spec() const noexcept override { return spec_; }

  Result<StreamFormat> format(int sample_rate) const override {
    if (sample_rate < spec_.min_rate || sample_rate > spec_.max_rate)
      return unsupported_rate(spec_, sample_rate);
    return mask_format(network_->config.traits(), sample_rate);
  }

  Result<std::unique_ptr<Session>> open(const SessionConfig& config) const override {
    if (auto format = this->format(config.sample_rate); !format) return format.error();
    if (auto checked = check_session(config); !checked) return checked.error();
    if (spec_.memory == Memory::windowed) {
      return Error{ErrorCode::unsupported,
                   spec_.name +
                       " averages over the whole recording, so it cannot stream; convert it "
                       "with running or frozen pooling, or use the exact offline mode"};
    }
    if (config.gpu >= 0)
      return GpuSession::open(network_->config.traits(), config, [&](GpuMemory& memory) {
        return GpuFrcrn::open(*network_, memory, config.gpu_arithmetic);
      });
    try {
      return MaskSession::open(network_->config.traits(), config, kTile,
                               [this](int lanes, int capacity) {
                                 return std::make_unique<MaskState>(network_, lanes, capacity);
                               });
    } catch (const std::bad_alloc&) {
      return out_of_memory(spec_, config);
    }
  }

  Result<Tensor<float, 2>> enhance_exact(AudioView<const float> audio, int threads) const override {
    if (!network_->config.lookahead) return Model::enhance_exact(audio, threads);
    if (auto checked = check_exact(spec_, audio, threads); !checked) return checked.error();
    try {
      return frcrn_exact(spec_.sample_rate, audio, [&](AudioView<const float> recordings) {
        return frcrn_whole(*network_, recordings);
      });
    } catch (const std::bad_alloc&) {
      return out_of_memory(spec_, audio);
    }
  }

  Result<std::unique_ptr<ExactSession>> open_exact(const ExactConfig& config) const override {
    if (!network_->config.lookahead || config.gpu < 0) return Model::open_exact(config);
    return GpuFrcrnExact::open([gpu = config.gpu] { return GpuSession::open_queue(gpu); }, network_,
                               config.gpu_arithmetic);
  }

 private:
  std::shared_ptr<const MaskNetwork> network_;
  ModelSpec spec_;
};

}  // namespace

Result<std::shared_ptr<const Model>> make_frcrn(io::Weights weights) {
  auto config = parse_frcrn_config(weights.metadata("config"), weights.origin());
  if (!config) return config.error();
  auto network = MaskNetwork::load(weights, *config);
  if (!network) return network.error();

  ModelSpec spec = spec_from_card(weights);
  spec.architecture = "frcrn";
  spec.sample_rate = config->sample_rate;
  spec.min_rate = config->any_rate ? kLowestRate : config->sample_rate;
  spec.max_rate = config->any_rate ? kHighestRate : config->sample_rate;
  spec.memory = config->pooling == nn::Pooling::global ? Memory::windowed : Memory::carried;
  spec.voice_activity = config->voice && spec.memory == Memory::carried;
  if (config->past() >= 0) spec.settle_hops = mask_settle_hops(config->traits(), config->past());
  spec.macs_per_second = config->macs_per_second();
  return std::shared_ptr<const Model>(
      std::make_shared<const Frcrn>(*std::move(network), std::move(spec)));
}

}  // namespace limpid::models
