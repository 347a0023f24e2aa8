// SPDX-License-Identifier: MIT
// Data of long convolutions in every sample type, and the oracle: the definition in double, at some
// of the outputs. Shared by the tests of the arithmetic and those of the device.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "lib/kernels/cuda/backend.h"
#include "lib/kernels/cuda/storage.h"
#include "tests/cuda/emulate.h"

namespace limpid::kernels::cuda {

template <class T>
constexpr Sample sample_of() {
  if constexpr (sizeof(T) == 4) return Sample::f32;
  return std::is_same_v<T, Half> ? Sample::f16 : Sample::bf16;
}

template <class T>
std::vector<T> stored_noise(std::int64_t count, unsigned seed, float level = 1.0f) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.0f, level);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& v : values) from_float(normal(random), v);
  return values;
}

template <class T>
struct ConvData {
  LongConvSpec spec;
  std::vector<T> u, gate_in, gate_out;  // [lanes][channels][length]; gates may be empty
  std::vector<float> filters;           // [channels][taps], of unit energy

  ConvData(LongConvSpec wanted, bool gated, float level = 1.0f) : spec(wanted) {
    spec.sample = sample_of<T>();
    const std::int64_t count = spec.lanes * spec.channels * spec.length;
    u = stored_noise<T>(count, 1, level);
    if (gated) gate_in = stored_noise<T>(count, 2), gate_out = stored_noise<T>(count, 3);
    filters = stored_noise<float>(spec.channels * spec.taps, 4,
                                  1.0f / std::sqrt(static_cast<float>(spec.taps)));
  }
  const T* in() const { return gate_in.empty() ? nullptr : gate_in.data(); }
  const T* out() const { return gate_out.empty() ? nullptr : gate_out.data(); }

  double input(std::size_t at) const {
    return double{to_float(u[at])} * (gate_in.empty() ? 1.0 : double{to_float(gate_in[at])});
  }

  double output(std::int64_t row, std::int64_t n) const {
    const float* taps = filters.data() + row % spec.channels * spec.taps;
    double sum = 0;
    for (std::int64_t j = 0; j < spec.taps; ++j) {
      std::int64_t from = n - j;
      if (from < 0 && !spec.circular) break;
      if (from < 0) from += spec.length;
      sum += double{taps[j]} * input(static_cast<std::size_t>(row * spec.length + from));
    }
    const auto at = static_cast<std::size_t>(row * spec.length + n);
    return gate_out.empty() ? sum : sum * double{to_float(gate_out[at])};
  }

  // Of `y` against the definition, at about `samples` outputs of every row, first and last among
  // them.
  double snr_of(const std::vector<T>& y, std::int64_t samples = 50) const {
    std::vector<double> got, want;
    const std::int64_t step = std::max<std::int64_t>(1, spec.length / samples);
    for (std::int64_t row = 0; row < spec.lanes * spec.channels; ++row) {
      for (std::int64_t i = 0; i < spec.length + step; i += step) {
        const std::int64_t n = std::min(i, spec.length - 1);
        got.push_back(double{to_float(y[static_cast<std::size_t>(row * spec.length + n)])});
        want.push_back(output(row, n));
      }
    }
    return snr(got, want);
  }

  std::string name() const {
    return std::to_string(spec.lanes) + "x" + std::to_string(spec.channels) + "x" +
           std::to_string(spec.length) + ", " + std::to_string(spec.taps) + " taps" +
           (spec.circular ? ", circular" : "") + (gate_in.empty() ? "" : ", gated");
  }
};

}  // namespace limpid::kernels::cuda
