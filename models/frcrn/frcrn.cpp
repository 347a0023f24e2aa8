// SPDX-License-Identifier: MIT
#include "models/frcrn/frcrn.h"

#include <new>

#include "lib/base/no_memory.h"
#include "models/frcrn/exact.h"
#include "models/frcrn/gpu_exact.h"
#include "models/frcrn/gpu_network.h"
#include "models/frcrn/whole.h"
#include "models/make_model.h"
#include "models/mask_model.h"

namespace limpid::models {
namespace {

constexpr int kTile = 64;  // frames; more at once are no faster

class Frcrn final : public MaskModel<FrcrnNetwork, FrcrnState, GpuFrcrn> {
 public:
  using MaskModel::MaskModel;

  Result<Tensor<float, 2>> enhance_exact(AudioView<const float> audio, int threads) const override {
    if (!network()->config.lookahead) return Model::enhance_exact(audio, threads);
    if (auto checked = check_exact(spec(), audio, threads); !checked) return checked.error();
    try {
      return frcrn_exact(spec().sample_rate, audio, [&](AudioView<const float> recordings) {
        return frcrn_whole(*network(), recordings);
      });
    } catch (const std::bad_alloc&) {
      return out_of_memory(spec(), audio);
    }
  }

  Result<std::unique_ptr<ExactSession>> open_exact(const ExactConfig& config) const override {
    if (!network()->config.lookahead || config.gpu < 0) return Model::open_exact(config);
    return unless_out_of_memory([&] {
      return GpuFrcrnExact::open([gpu = config.gpu] { return GpuSession::open_queue(gpu); },
                                 network(), config.gpu_arithmetic);
    });
  }

 private:
  int tile(int) const noexcept override { return kTile; }
  const char* why_windowed() const noexcept override {
    return "averages over the whole recording, so it cannot stream; convert it with running or "
           "frozen pooling, or use the exact offline mode";
  }
};

void describe(const FrcrnConfig& config, ModelSpec& spec) {
  if (config.pooling == nn::Pooling::global) spec.memory = Memory::windowed;
  describe_masks(config, spec);
}

}  // namespace

Result<std::shared_ptr<const Model>> make_frcrn(io::Weights weights) {
  return make_model<Frcrn, FrcrnNetwork>(std::move(weights), "frcrn", parse_frcrn_config, describe);
}

}  // namespace limpid::models
