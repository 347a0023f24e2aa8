// SPDX-License-Identifier: MIT
#include "examples/limpid/exact.h"

#include <algorithm>

#include "lib/dsp/resampler.h"

namespace limpid::cli {
namespace {

Tensor<float, 2> copy(AudioView<const float> in) {
  Tensor<float, 2> out({in.extent(0), in.extent(1)});
  for (std::ptrdiff_t c = 0; c < in.extent(0); ++c)
    std::ranges::copy(in[c].span(), out.view()[c].data());
  return out;
}

Result<Tensor<float, 2>> resample(AudioView<const float> in, int from_rate, int to_rate) {
  if (from_rate == to_rate) return copy(in);
  auto resampler = dsp::Resampler::create(from_rate, to_rate, static_cast<int>(in.extent(0)));
  if (!resampler) return std::move(resampler).error();
  auto out = resampler->process(in, true);
  if (!out) return std::move(out).error();
  return copy(*out);
}

}  // namespace

Result<Tensor<float, 2>> enhance_exactly(ExactSession& session, const ModelSpec& spec,
                                         AudioView<const float> audio, int sample_rate) {
  const auto length = audio.extent(1), lanes = audio.extent(0) / spec.input_channels;
  Tensor<float, 2> result({lanes * spec.output_channels, length});
  if (length == 0) return result;
  auto at_model_rate = resample(audio, sample_rate, spec.sample_rate);
  if (!at_model_rate) return std::move(at_model_rate).error();
  auto enhanced = session.enhance(at_model_rate->view());
  if (!enhanced) return std::move(enhanced).error();
  auto back = resample(enhanced->view(), spec.sample_rate, sample_rate);
  if (!back) return std::move(back).error();
  for (std::ptrdiff_t c = 0; c < result.extent(0); ++c)
    std::copy_n(back->view()[c].data(), std::min(length, back->extent(1)), result.view()[c].data());
  return result;
}

}  // namespace limpid::cli
