// SPDX-License-Identifier: MIT
#include "lib/dsp/long_conv_filter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <new>
#include <string>
#include <vector>

#include "lib/dsp/long_conv_engine.h"

namespace limpid::dsp {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();

Error invalid(std::string message) {
  return {ErrorCode::invalid_argument, "long convolution: " + std::move(message)};
}
Error out_of_memory(const LongConvSpec& spec) {
  return {ErrorCode::out_of_memory, "long convolution: not enough memory for rows of " +
                                        std::to_string(spec.samples) + " samples in " +
                                        std::to_string(spec.channels) + " channels"};
}

Status check_range(const char* what, std::int64_t value) {
  if (value >= 1 && value <= kMax) return Done{};
  return invalid("expected 1 to 2^31 - 1 " + std::string(what) + ", found " +
                 std::to_string(value));
}

Status check_kept(const LongConvSpec& spec, const LongConvLayout& layout) {
  const auto& kept = spec.kept;
  if (kept.empty()) return Done{};
  const auto transform =
      static_cast<std::size_t>(layout.wrapped ? layout.window : layout.window / 2);
  if (!std::has_single_bit(kept.size()) || kept.size() * 64 > transform)
    return invalid("expected a sparse pattern of 1, 2, 4, ... up to a 64th of " +
                   std::to_string(transform) + " frequencies, found " +
                   std::to_string(kept.size()));
  for (std::size_t k = 1; spec.circular && k < kept.size(); ++k)
    if ((kept[k] == 0) != (kept[kept.size() - k] == 0))
      return invalid("a sparse pattern of a circular convolution must keep " + std::to_string(k) +
                     " and " + std::to_string(kept.size() - k) + " together or neither");
  return Done{};
}

std::unique_ptr<const LongConvEngine> make_engine(const LongConvSpec& spec,
                                                  const LongConvLayout& layout) {
  if (layout.method == LongConvMethod::direct) return make_direct_engine(layout);
  if (layout.method == LongConvMethod::fft) return make_fft_engine(layout);
  return make_monarch_engine(spec, layout);
}

}  // namespace

LongConvPlan::LongConvPlan(LongConvSpec spec, const LongConvLayout& layout)
    : spec_(std::move(spec)), layout_(layout), engine_(make_engine(spec_, layout)) {}
LongConvPlan::~LongConvPlan() = default;

Result<std::shared_ptr<const LongConvPlan>> LongConvPlan::create(LongConvSpec spec) try {
  for (const auto& [what, value] :
       {std::pair{"channels", spec.channels}, {"samples a row", spec.samples}, {"taps", spec.taps}})
    if (auto status = check_range(what, value); !status) return std::move(status).error();
  auto layout = choose_layout(spec);
  if (!layout) return std::move(layout).error();
  if (auto status = check_kept(spec, *layout); !status) return std::move(status).error();
  return std::shared_ptr<const LongConvPlan>(new LongConvPlan(std::move(spec), *layout));
} catch (const std::bad_alloc&) {
  return out_of_memory(spec);
}

Result<std::shared_ptr<const LongConvFilter>> LongConvFilter::create(
    std::shared_ptr<const LongConvPlan> plan, AudioView<const float> taps) try {
  const LongConvSpec& spec = plan->spec();
  if (taps.extent(1) < 1 || taps.extent(1) > spec.taps)
    return invalid("expected 1 to " + std::to_string(spec.taps) + " taps, found " +
                   std::to_string(taps.extent(1)));
  if (taps.extent(0) != spec.channels && taps.extent(0) != 1)
    return invalid("expected filters for " + std::to_string(spec.channels) +
                   " channels, or one for all, found " + std::to_string(taps.extent(0)));
  for (std::ptrdiff_t row = 0; row < taps.extent(0); ++row)
    for (const float tap : taps[row].span())
      if (!std::isfinite(tap))
        return invalid("the filter of channel " + std::to_string(row) +
                       " has a tap that is not finite");
  auto filter = std::make_shared<LongConvFilter>();
  filter->plan_ = std::move(plan);
  filter->transform(taps);
  return std::shared_ptr<const LongConvFilter>(std::move(filter));
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory, "long convolution: not enough memory for the filters"};
}

// Taps beyond a row wrap around if circular, and have no effect if causal.
void LongConvFilter::transform(AudioView<const float> taps) {
  const LongConvEngine& engine = plan_->engine();
  const auto samples = static_cast<std::size_t>(plan_->spec().samples);
  constexpr std::size_t kAligned = kAlignment / sizeof(float);
  floats_ = engine.filter_floats();
  stride_ = (floats_ + kAligned - 1) / kAligned * kAligned;
  rows_ = taps.extent(0);
  if (stride_ > SIZE_MAX / sizeof(float) / static_cast<std::size_t>(rows_)) throw std::bad_alloc();
  spectra_ = arena_.claim<float>(static_cast<std::size_t>(rows_) * stride_);
  std::vector<float> folded;
  for (std::ptrdiff_t row = 0; row < rows_; ++row) {
    const auto all = taps[row].span();
    auto used = all.first(std::min(all.size(), samples));
    if (plan_->spec().circular && all.size() > samples) {
      std::vector<double> sums(samples);
      for (std::size_t j = 0; j < all.size(); ++j) sums[j % samples] += double{all[j]};
      folded.assign(sums.begin(), sums.end());
      used = folded;
    }
    engine.prepare(used, spectra_.subspan(static_cast<std::size_t>(row) * stride_, floats_));
  }
}

std::span<const float> LongConvFilter::spectrum(std::ptrdiff_t channel) const noexcept {
  return spectra_.subspan(rows_ == 1 ? 0 : static_cast<std::size_t>(channel) * stride_, floats_);
}

}  // namespace limpid::dsp
