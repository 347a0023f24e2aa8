// SPDX-License-Identifier: MIT
#include "examples/limpid/exact.h"

#include <algorithm>

#include "lib/dsp/resampler.h"

namespace limpid::cli {
namespace {

Result<std::vector<float>> resample(const std::vector<float>& in, int from_rate, int to_rate) {
  if (from_rate == to_rate) return in;
  auto resampler = dsp::Resampler::create(from_rate, to_rate, 1);
  if (!resampler) return std::move(resampler).error();
  auto out = resampler->process({in.data(), {1, static_cast<std::ptrdiff_t>(in.size())}}, true);
  if (!out) return std::move(out).error();
  const auto samples = (*out)[0].span();
  return std::vector<float>(samples.begin(), samples.end());
}

}  // namespace

Result<Tensor<float, 2>> enhance_exactly(const Model& model,
                                         const std::vector<std::vector<float>>& channels,
                                         int sample_rate) {
  const auto length = static_cast<std::ptrdiff_t>(channels.front().size());
  Tensor<float, 2> result({static_cast<std::ptrdiff_t>(channels.size()), length});
  for (std::size_t c = 0; length > 0 && c < channels.size(); ++c) {
    auto at_model_rate = resample(channels[c], sample_rate, model.spec().sample_rate);
    if (!at_model_rate) return std::move(at_model_rate).error();
    auto enhanced = model.enhance_exact(*at_model_rate);
    if (!enhanced) return std::move(enhanced).error();
    auto back = resample(*enhanced, model.spec().sample_rate, sample_rate);
    if (!back) return std::move(back).error();
    const auto count = std::min(length, static_cast<std::ptrdiff_t>(back->size()));
    std::copy_n(back->begin(), count, result.view()[static_cast<std::ptrdiff_t>(c)].data());
  }
  return result;
}

}  // namespace limpid::cli
