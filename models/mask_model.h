// SPDX-License-Identifier: MIT
// A network of masks as a Model: streams at any rate that it takes, on CPUs and on GPUs.
#pragma once

#include <memory>
#include <new>
#include <utility>

#include "models/card.h"
#include "models/gpu/session.h"
#include "models/mask_session.h"
#include "models/rates.h"

namespace limpid::models {

// State is the network's MaskMaker, GpuState its GpuMaskMaker.
template <class Network, class State, class GpuState>
class MaskModel : public Model {
 public:
  MaskModel(Network network, ModelSpec spec)
      : network_(std::make_shared<const Network>(std::move(network))), spec_(std::move(spec)) {}

  const ModelSpec& spec() const noexcept final { return spec_; }

  Result<StreamFormat> format(int sample_rate) const final {
    if (sample_rate < spec_.min_rate || sample_rate > spec_.max_rate)
      return unsupported_rate(spec_, sample_rate);
    return mask_format(network_->config.traits(), sample_rate);
  }

  Result<std::unique_ptr<Session>> open(const SessionConfig& config) const final {
    if (auto checked = check_open(*this, config, why_windowed()); !checked) return checked.error();
    const MaskTraits traits = network_->config.traits();
    try {
      if (config.gpu >= 0)
        return GpuSession::open(traits, config, [&](GpuMemory& memory) {
          return GpuState::open(*network_, memory, config.gpu_arithmetic);
        });
      return MaskSession::open(traits, config, tile(config.lanes), [this](int lanes, int capacity) {
        return std::make_unique<State>(network_, lanes, capacity);
      });
    } catch (const std::bad_alloc&) {
      return out_of_memory(spec_, config);
    }
  }

 protected:
  const std::shared_ptr<const Network>& network() const noexcept { return network_; }

 private:
  // Frames that a session of so many lanes on a CPU processes together.
  virtual int tile(int lanes) const noexcept = 0;
  // Why a network of Memory::windowed does not stream, and what to do: see check_open().
  virtual const char* why_windowed() const noexcept { return ""; }

  std::shared_ptr<const Network> network_;
  ModelSpec spec_;
};

// What networks of masks tell about themselves; spec.memory is what it will be.
template <class Config>
void describe_masks(const Config& config, ModelSpec& spec) {
  const MaskTraits traits = config.traits();
  if (config.any_rate) spec.min_rate = kLowestRate, spec.max_rate = kHighestRate;
  spec.input_channels = traits.microphones;
  spec.voice_activity = traits.voice && spec.memory == Memory::carried;
  if (config.past() >= 0) spec.settle_hops = mask_settle_hops(traits, config.past());
}

}  // namespace limpid::models
