// SPDX-License-Identifier: MIT
#include "models/deftan2/stream_state.h"

namespace limpid::models {

Deftan2State::Deftan2State(Arena& arena, const Deftan2Network& network)
    : encoder_(arena, network.encoder, network.config.bins()),
      decoder_(arena, network.decoder, network.config.bins()) {
  for (const BlockHalf& half : network.along_time)
    along_time_.emplace_back(arena, network.config, half.forward.dilation);
}

void Deftan2State::step(const Deftan2Network& network, Deftan2Scratch& scratch,
                        kernels::Matrix<float> out) LIMPID_REALTIME {
  const kernels::Matrix<float> x = decoder_.next();  // the feature map lives where it is read last
  encoder_.step(network.encoder, x);
  for (std::size_t i = 0; i < along_time_.size(); ++i) {
    scratch.frame.run(network.along_frequency[i], x);
    along_time_[i].step(network.along_time[i], x, scratch.time);
  }
  decoder_.step(network.decoder, out);
}

void Deftan2State::reset() LIMPID_REALTIME {
  encoder_.reset();
  decoder_.reset();
  for (TimeHalf& half : along_time_) half.reset();
}

}  // namespace limpid::models
