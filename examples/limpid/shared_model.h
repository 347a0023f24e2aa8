// SPDX-License-Identifier: MIT
// SharedModel: a model for a batch on a GPU. Its sessions are lanes of a few big ones, two for
// every sample rate, which take turns: while one is on the GPU, the files of the other are decoded,
// resampled and written.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "examples/limpid/lane_group.h"
#include "lib/model/model.h"

namespace limpid::cli {

struct Sharing {
  int gpu = -1;  // as SessionConfig has it
  Arithmetic arithmetic = Arithmetic::exact;
  int files = 1;    // or pieces of them, at the same time
  int frames = 64;  // hops of a call
};

class SharedModel final : public Model {
 public:
  // `model`: carried, with sessions that can restart().
  SharedModel(std::shared_ptr<const Model> model, const Sharing& sharing);

  const ModelSpec& spec() const noexcept override { return model_->spec(); }
  Result<StreamFormat> format(int sample_rate) const override {
    return model_->format(sample_rate);
  }

  // Waits until there are as many free lanes, in the order of asking. Sessions of one rate go on
  // together: each needs a thread of its own, and one that neither processes nor ends holds up the
  // others. A session that has failed is lent to nobody any more: the next one gets another.
  // config.gpu is not looked at. Errors are the model's.
  Result<std::unique_ptr<Session>> open(const SessionConfig& config) const override;

  Result<Tensor<float, 2>> enhance_exact(AudioView<const float> audio, int threads) const override {
    return model_->enhance_exact(audio, threads);
  }

 private:
  using Group = std::shared_ptr<LaneGroup>;
  struct Rate {
    std::vector<Group> groups;
    bool full = false;  // there was no memory for more
    std::uint64_t asked = 0, served = 0;
  };
  struct Signal {
    std::mutex mutex;
    std::condition_variable freed;
  };

  static bool is_idle(const Group& group);
  static bool is_over(const Group& group);  // it has failed, and nobody is left in it

  Result<Group> find(Rate& rate, const SessionConfig& config) const;
  Result<Group> open_group(Rate& rate, const SessionConfig& config) const;
  bool drop_useless_groups(const Rate& mine) const;
  bool memory_will_be_freed(const Rate& mine) const;

  std::shared_ptr<const Model> model_;
  Sharing sharing_;
  std::shared_ptr<Signal> signal_;     // loans may end after the model
  mutable std::map<int, Rate> rates_;  // under the signal's mutex
};

}  // namespace limpid::cli
