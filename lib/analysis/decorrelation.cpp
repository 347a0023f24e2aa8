// SPDX-License-Identifier: MIT
#include "lib/analysis/decorrelation.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace limpid::analysis {
namespace {

Error wrong(const std::string& what) {
  return {ErrorCode::invalid_argument, "decorrelation loss: " + what};
}

template <class T>
Status check(std::span<const TensorView<const T, 3>> hidden, std::span<const int> lengths,
             std::span<const TensorView<T, 3>> gradient) {
  if (!gradient.empty() && gradient.size() != hidden.size())
    return wrong("expected a gradient for each of " + std::to_string(hidden.size()) +
                 " layers, found " + std::to_string(gradient.size()));
  for (std::size_t l = 0; l < hidden.size(); ++l) {
    if (hidden[l].shape() != hidden[0].shape() ||
        (!gradient.empty() && gradient[l].shape() != hidden[0].shape()))
      return wrong("layer " + std::to_string(l) + " differs in shape from layer 0");
    if (hidden[l].extent(0) != static_cast<std::ptrdiff_t>(lengths.size()))
      return wrong("expected a length for each of " + std::to_string(hidden[l].extent(0)) +
                   " sequences, found " + std::to_string(lengths.size()));
    for (const int length : lengths)
      if (length < 0 || length > hidden[l].extent(1))
        return wrong("a length of " + std::to_string(length) + " in sequences of " +
                     std::to_string(hidden[l].extent(1)) + " tokens");
  }
  return Done{};
}

template <class T>
double dot(TensorView<T, 1> a, TensorView<T, 1> b) {
  double sum = 0;
  for (std::ptrdiff_t i = 0; i < a.extent(0); ++i) sum += double{a[i]} * double{b[i]};
  return sum;
}

constexpr double kLeastLength = 1e-12;  // of torch.nn.functional.normalize

// One pair: adds d(scale c^2)/dh_j to `to_token`, the other half to `to_first`; returns c^2.
template <class T>
double pair(TensorView<const T, 1> first, TensorView<const T, 1> token, double scale,
            const TensorView<T, 1>* to_first, const TensorView<T, 1>* to_token) {
  const double first_length = std::max(std::sqrt(dot(first, first)), kLeastLength);
  const double length = std::max(std::sqrt(dot(token, token)), kLeastLength);
  const double c = dot(first, token) / (first_length * length);
  for (std::ptrdiff_t i = 0; i < first.extent(0); ++i) {
    const double u = first[i] / first_length, v = token[i] / length;
    if (to_token != nullptr) (*to_token)[i] += static_cast<T>(2 * scale * c * (u - c * v) / length);
    if (to_first != nullptr)
      (*to_first)[i] += static_cast<T>(2 * scale * c * (v - c * u) / first_length);
  }
  return c * c;
}

}  // namespace

template <class T>
Result<double> decorrelation_loss(std::span<const TensorView<const T, 3>> hidden,
                                  std::span<const int> lengths, const DecorrelationConfig& config,
                                  std::span<const TensorView<T, 3>> gradient) {
  if (auto ok = check(hidden, lengths, gradient); !ok) return ok.error();
  double tokens = 0;
  for (const int length : lengths) tokens += std::max(length - 1, 0);
  if (hidden.size() < 3 || tokens == 0) return 0.0;
  const double scale = config.weight / (static_cast<double>(hidden.size() - 2) * tokens);
  double sum = 0;
  for (std::size_t l = 1; l + 1 < hidden.size(); ++l)
    for (std::size_t b = 0; b < lengths.size(); ++b) {
      const auto row = static_cast<std::ptrdiff_t>(b);
      const auto sequence = hidden[l][row];
      for (std::ptrdiff_t j = 1; j < lengths[b]; ++j) {
        if (gradient.empty()) {
          sum += pair<T>(sequence[0], sequence[j], scale, nullptr, nullptr);
          continue;
        }
        const TensorView<T, 1> to_first = gradient[l][row][0], to_token = gradient[l][row][j];
        sum += pair<T>(sequence[0], sequence[j], scale,
                       config.gradient_to_first ? &to_first : nullptr, &to_token);
      }
    }
  return scale * sum;
}

template Result<double> decorrelation_loss<float>(std::span<const TensorView<const float, 3>>,
                                                  std::span<const int>, const DecorrelationConfig&,
                                                  std::span<const TensorView<float, 3>>);
template Result<double> decorrelation_loss<double>(std::span<const TensorView<const double, 3>>,
                                                   std::span<const int>, const DecorrelationConfig&,
                                                   std::span<const TensorView<double, 3>>);

}  // namespace limpid::analysis
