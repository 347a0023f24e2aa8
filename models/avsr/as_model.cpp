// SPDX-License-Identifier: MIT
#include "models/avsr/as_model.h"

#include "models/avsr/recogniser.h"
#include "models/card.h"

namespace limpid::models {
namespace {

class RecogniserModel final : public Model {
 public:
  RecogniserModel(avsr::Recogniser recogniser, ModelSpec spec)
      : recogniser_(std::move(recogniser)), spec_(std::move(spec)) {}

  const ModelSpec& spec() const noexcept override { return spec_; }

  Result<StreamFormat> format(int sample_rate) const override {
    if (sample_rate != spec_.sample_rate) return unsupported_rate(spec_, sample_rate);
    return no_audio();
  }
  Result<std::unique_ptr<Session>> open(const SessionConfig&) const override { return no_audio(); }

  Result<Tensor<float, 2>> enhance_exact(AudioView<const float>, int) const override {
    return no_audio();
  }

  Result<AttentionTrace> trace_attention(AudioView<const float> audio) const override {
    if (audio.extent(0) != 1)
      return Error{ErrorCode::invalid_argument, spec_.name + " listens to one channel"};
    return recogniser_.trace_attention({.audio = audio[0].span()});
  }

 private:
  Error no_audio() const {
    return {ErrorCode::unsupported,
            "model " + spec_.name + " recognises words and gives no audio; it cannot enhance"};
  }

  avsr::Recogniser recogniser_;
  ModelSpec spec_;
};

}  // namespace

Result<std::shared_ptr<const Model>> make_avsr(io::Weights weights) {
  ModelSpec spec = spec_from_card(weights);
  auto recogniser = avsr::Recogniser::load(std::move(weights));
  if (!recogniser) return recogniser.error();
  spec.architecture = "avsr";
  spec.sample_rate = spec.min_rate = spec.max_rate = recogniser->config().sample_rate;
  spec.memory = Memory::windowed;
  spec.output_channels = 0;
  return std::shared_ptr<const Model>(
      std::make_shared<const RecogniserModel>(*std::move(recogniser), std::move(spec)));
}

}  // namespace limpid::models
