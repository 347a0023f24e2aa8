// SPDX-License-Identifier: MIT
#include "lib/model/model.h"

#include <algorithm>

#include "lib/base/no_memory.h"
#include "lib/model/attention_trace.h"

namespace limpid {
namespace {

// One recording after the other.
class ExactOnCpu final : public ExactSession {
 public:
  ExactOnCpu(const Model& model, int threads) : model_(model), threads_(threads) {}

  Result<Tensor<float, 2>> enhance(AudioView<const float> audio) override {
    return unless_out_of_memory([&] { return one_by_one(audio); });
  }
  std::size_t memory() const noexcept override { return sizeof(*this); }

 private:
  Result<Tensor<float, 2>> one_by_one(AudioView<const float> audio) const {
    const int inputs = model_.spec().input_channels, outputs = model_.spec().output_channels;
    const std::ptrdiff_t recordings = audio.extent(0) / inputs;
    if (recordings * inputs != audio.extent(0) || recordings == 1)
      return model_.enhance_exact(audio, threads_);
    Tensor<float, 2> result({recordings * outputs, audio.extent(1)});
    for (std::ptrdiff_t i = 0; i < recordings; ++i) {
      auto enhanced = model_.enhance_exact(audio.slice(0, i * inputs, inputs), threads_);
      if (!enhanced) return enhanced.error();
      for (std::ptrdiff_t c = 0; c < outputs; ++c)
        std::ranges::copy(enhanced->view()[c].span(), result.view()[i * outputs + c].data());
    }
    return result;
  }

  const Model& model_;
  int threads_;
};

}  // namespace

Result<Tensor<float, 2>> Model::enhance_exact(AudioView<const float>, int) const {
  return Error{ErrorCode::unsupported,
               "model " + spec().name + " has no published offline recipe to be exact to"};
}

Result<std::unique_ptr<ExactSession>> Model::open_exact(const ExactConfig& config) const {
  return unless_out_of_memory([&]() -> Result<std::unique_ptr<ExactSession>> {
    if (config.gpu >= 0)
      return Error{ErrorCode::unsupported,
                   "model " + spec().name + " does not take whole recordings on a GPU"};
    return std::unique_ptr<ExactSession>(std::make_unique<ExactOnCpu>(*this, config.threads));
  });
}

Result<AttentionTrace> Model::trace_attention(AudioView<const float>) const {
  return Error{ErrorCode::unsupported,
               "model " + spec().name + " has no attention that could be shown"};
}

}  // namespace limpid
