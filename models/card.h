// SPDX-License-Identifier: MIT
// What every architecture's loader shares: the model card, and the checks of a session's config.
#pragma once

#include "lib/io/weights.h"
#include "lib/model/model.h"

namespace limpid::models {

// Name, summary, licence, parameters, config and card; the rest is the architecture's to fill in.
ModelSpec spec_from_card(const io::Weights& weights);

// Whether the model can open such a session at all. A Memory::windowed one cannot: `why_windowed`
// goes on where its name ends. unsupported, invalid_argument.
Status check_open(const Model& model, const SessionConfig& config, const char* why_windowed);
// invalid_argument.
Status check_exact(const ModelSpec& spec, AudioView<const float> audio, int threads);
Error wrong_channels(const ModelSpec& spec, std::ptrdiff_t found);
Error unsupported_rate(const ModelSpec& spec, int sample_rate);
Error out_of_memory(const ModelSpec& spec, const SessionConfig& config);
Error out_of_memory(const ModelSpec& spec, AudioView<const float> audio);  // the exact pass

// One channel of results.
Tensor<float, 2> one_channel(std::span<const float> samples);

}  // namespace limpid::models
