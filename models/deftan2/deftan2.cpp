// SPDX-License-Identifier: MIT
#include "models/deftan2/deftan2.h"

#include <new>
#include <system_error>

#include "lib/base/no_memory.h"
#include "models/deftan2/gpu_engine.h"
#include "models/deftan2/gpu_exact.h"
#include "models/deftan2/session.h"
#include "models/deftan2/whole.h"
#include "models/gpu/session.h"
#include "models/make_model.h"

namespace limpid::models {
namespace {

constexpr const char* kWhyWindowed =
    "attends to the whole recording, so it cannot stream; train a causal one, or use the exact "
    "offline mode";

class Deftan2 final : public Model {
 public:
  Deftan2(Deftan2Network network, ModelSpec spec)
      : network_(std::make_shared<const Deftan2Network>(std::move(network))),
        spec_(std::move(spec)) {}

  const ModelSpec& spec() const noexcept override { return spec_; }

  Result<StreamFormat> format(int sample_rate) const override {
    if (sample_rate != spec_.sample_rate) return unsupported_rate(spec_, sample_rate);
    return deftan2_format(network_->config);
  }

  Result<std::unique_ptr<Session>> open(const SessionConfig& config) const override {
    if (auto checked = check_open(*this, config, kWhyWindowed); !checked) return checked.error();
    try {
      if (config.gpu >= 0)
        return GpuSession::open(deftan2_format(network_->config), config,
                                [&](kernels::cuda::LayerQueue& queue, int lanes, int frames) {
                                  return GpuDeftan2::open(queue, *network_, config.gpu_arithmetic,
                                                          lanes, frames);
                                });
      return Deftan2Session::open(network_, config);
    } catch (const std::bad_alloc&) {
      return out_of_memory(spec_, config);
    }
  }

  Result<Tensor<float, 2>> enhance_exact(AudioView<const float> audio, int threads) const override {
    if (network_->config.causal) return Model::enhance_exact(audio, threads);
    if (auto checked = check_exact(spec_, audio, threads); !checked) return checked.error();
    if (audio.extent(1) == 0) return Tensor<float, 2>({1, 0});
    try {
      auto enhanced = deftan2_whole(*network_, audio, threads);
      if (!enhanced) return enhanced.error();
      return one_channel(*enhanced);
    } catch (const std::bad_alloc&) {
      return out_of_memory(spec_, audio);
    } catch (const std::system_error& problem) {
      return Error{ErrorCode::out_of_memory, std::string("no thread: ") + problem.what()};
    }
  }

  Result<std::unique_ptr<ExactSession>> open_exact(const ExactConfig& config) const override {
    if (network_->config.causal || config.gpu < 0) return Model::open_exact(config);
    return unless_out_of_memory([&]() -> Result<std::unique_ptr<ExactSession>> {
      auto queue = GpuSession::open_queue(config.gpu);
      if (!queue) return queue.error();
      return GpuDeftan2Exact::open(*std::move(queue), spec_, *network_, config.gpu_arithmetic);
    });
  }

 private:
  std::shared_ptr<const Deftan2Network> network_;
  ModelSpec spec_;
};

void describe(const Deftan2Config& config, ModelSpec& spec) {
  spec.input_channels = config.microphones;
  spec.memory = config.causal ? Memory::carried : Memory::windowed;
}

}  // namespace

Result<std::shared_ptr<const Model>> make_deftan2(io::Weights weights) {
  return make_model<Deftan2, Deftan2Network>(std::move(weights), "deftan2", parse_deftan2_config,
                                             describe);
}

}  // namespace limpid::models
