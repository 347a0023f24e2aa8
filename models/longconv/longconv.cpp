// SPDX-License-Identifier: MIT
#include "models/longconv/longconv.h"

#include <algorithm>
#include <new>

#include "models/card.h"
#include "models/gpu/session.h"
#include "models/longconv/gpu_network.h"
#include "models/mask_session.h"

namespace limpid::models {
namespace {

constexpr int kLowestRate = 8000, kHighestRate = 96000;

// Columns that are processed together: enough for weights to be read once for many, few enough for
// their activations to stay in the second-level cache.
constexpr int kColumns = 16;

class LongConv final : public Model {
 public:
  LongConv(LongConvNetwork network, ModelSpec spec)
      : network_(std::make_shared<const LongConvNetwork>(std::move(network))),
        spec_(std::move(spec)) {}

  const ModelSpec& spec() const noexcept override { return spec_; }

  Result<StreamFormat> format(int sample_rate) const override {
    if (sample_rate < spec_.min_rate || sample_rate > spec_.max_rate)
      return unsupported_rate(spec_, sample_rate);
    return mask_format(network_->config.traits(), sample_rate);
  }

  Result<std::unique_ptr<Session>> open(const SessionConfig& config) const override {
    if (auto format = this->format(config.sample_rate); !format) return format.error();
    if (auto checked = check_session(config); !checked) return checked.error();
    if (config.gpu >= 0)
      return GpuSession::open(network_->config.traits(), config, [&](GpuMemory& memory) {
        return GpuLongConv::open(*network_, memory, config.gpu_arithmetic);
      });
    const int tile = std::max(1, kColumns / config.lanes);
    try {
      return MaskSession::open(network_->config.traits(), config, tile,
                               [this](int lanes, int capacity) {
                                 return std::make_unique<LongConvState>(network_, lanes, capacity);
                               });
    } catch (const std::bad_alloc&) {
      return out_of_memory(spec_, config);
    }
  }

 private:
  std::shared_ptr<const LongConvNetwork> network_;
  ModelSpec spec_;
};

}  // namespace

Result<std::shared_ptr<const Model>> make_longconv(io::Weights weights) {
  auto config = parse_longconv_config(weights.metadata("config"), weights.origin());
  if (!config) return config.error();
  auto network = LongConvNetwork::load(weights, *config);
  if (!network) return network.error();

  ModelSpec spec = spec_from_card(weights);
  spec.architecture = "longconv";
  spec.sample_rate = config->sample_rate;
  spec.min_rate = config->any_rate ? kLowestRate : config->sample_rate;
  spec.max_rate = config->any_rate ? kHighestRate : config->sample_rate;
  spec.input_channels = config->microphones;
  spec.voice_activity = config->voice;
  spec.settle_hops = mask_settle_hops(config->traits(), config->past());
  spec.macs_per_second = config->macs_per_second();
  return std::shared_ptr<const Model>(
      std::make_shared<const LongConv>(*std::move(network), std::move(spec)));
}

}  // namespace limpid::models
