// SPDX-License-Identifier: MIT
// The engine of kernels/monarch.h. A window that does not wrap is the product modulo
// x^window + 1, whose halves are the real and imaginary parts of one modulo x^(window/2) - i; a
// row that wraps is a product modulo x^n - 1 and shares one complex transform with another row.
#include <algorithm>

#include "lib/dsp/long_conv_engine.h"

namespace limpid::dsp {
namespace {

using kernels::BlockInput;
using kernels::BlockOutput;
using kernels::InputPiece;
using kernels::MonarchPlan;
using kernels::OutputPiece;

// The part of a piece in samples [from, from + count), counted from there.
InputPiece part(const InputPiece& p, std::ptrdiff_t from, std::ptrdiff_t count) {
  const std::ptrdiff_t begin = std::max(p.begin - from, std::ptrdiff_t{0});
  const std::ptrdiff_t end = std::min(p.end - from, count);
  if (begin >= end) return {};
  return {p.x + from, p.gate != nullptr ? p.gate + from : nullptr, begin, end};
}
OutputPiece part(const OutputPiece& p, std::ptrdiff_t from, std::ptrdiff_t count) {
  const std::ptrdiff_t begin = std::max(p.begin - from, std::ptrdiff_t{0});
  const std::ptrdiff_t end = std::min(p.end - from, count);
  if (begin >= end) return {};
  return {p.y + from, p.gate != nullptr ? p.gate + from : nullptr, begin, end};
}

using Alive = std::vector<std::vector<std::uint8_t>>;

// Nodes of a level are residues of frequencies; which, its digits say, outermost first.
Alive alive_factors(const MonarchPlan& plan, const std::vector<std::uint8_t>& kept) {
  Alive alive;
  std::vector<std::size_t> residues{0};
  std::size_t modulus = 1;
  for (std::size_t level = 0;; ++level) {
    auto& nodes = alive.emplace_back();
    for (const std::size_t residue : residues) {
      bool any = false;
      for (std::size_t k = residue % kept.size(); k < kept.size(); k += modulus)
        any = any || kept[k] != 0;
      nodes.push_back(any);
    }
    if (level == plan.levels().size()) return alive;
    const auto radix = static_cast<std::size_t>(plan.levels()[level].radix);
    std::vector<std::size_t> finer;
    for (const std::size_t residue : residues)
      for (std::size_t digit = 0; digit < radix; ++digit)
        finer.push_back(residue + digit * modulus);
    residues = std::move(finer);
    modulus *= radix;
  }
}

class MonarchWorker : public LongConvWorker {
 public:
  MonarchWorker(const MonarchPlan& plan, const Alive& alive)
      : plan_(plan), alive_(alive), scratch_(arena_.claim<float>(plan.floats())) {}

  void convolve(std::span<const float> filter,
                std::span<const ConvWindow> rows) LIMPID_REALTIME override {
    const auto n = static_cast<std::ptrdiff_t>(plan_.size());
    BlockInput in;
    BlockOutput out;
    if (plan_.ring() == kernels::Ring::quarter) {
      for (std::size_t i = 0; i < 2; ++i) {
        in.re[i] = part(rows[0].in[i], 0, n);
        in.im[i] = part(rows[0].in[i], n, n);
      }
      out = {part(rows[0].out, 0, n), part(rows[0].out, n, n)};
    } else {
      std::ranges::copy(rows[0].in, in.re);
      out.re = rows[0].out;
      if (rows.size() > 1) {
        std::ranges::copy(rows[1].in, in.im);
        out.im = rows[1].out;
      }
    }
    kernels::monarch_convolve(plan_, {filter, alive_}, in, out, scratch_);
  }

 private:
  const MonarchPlan& plan_;
  const Alive& alive_;
  Arena arena_;
  std::span<float> scratch_;
};

class MonarchEngine : public LongConvEngine {
 public:
  MonarchEngine(const LongConvSpec& spec, const LongConvLayout& layout)
      : plan_(static_cast<std::size_t>(layout.wrapped ? layout.window : layout.window / 2),
              layout.wrapped ? kernels::Ring::cyclic : kernels::Ring::quarter),
        kept_(spec.kept) {
    if (!kept_.empty()) alive_ = alive_factors(plan_, kept_);
  }

  std::size_t filter_floats() const noexcept override { return plan_.floats(); }
  std::size_t rows() const noexcept override {
    return plan_.ring() == kernels::Ring::cyclic ? 2 : 1;
  }

  void prepare(std::span<const float> taps, std::span<float> filter) const override {
    const auto n = static_cast<std::ptrdiff_t>(plan_.size());
    const InputPiece all{taps.data(), nullptr, 0, static_cast<std::ptrdiff_t>(taps.size())};
    const BlockInput in{{part(all, 0, n), {}}, {part(all, n, n), {}}};
    kernels::monarch_transform(plan_, in, 1.0f / static_cast<float>(plan_.size()), filter);
    if (kept_.empty()) return;
    const std::size_t w = plan_.vector_length();
    const auto frequencies = plan_.frequencies();
    for (std::size_t e = 0; e < frequencies.size(); ++e)
      if (kept_[frequencies[e] % kept_.size()] == 0)
        filter[e / w * 2 * w + e % w] = filter[e / w * 2 * w + e % w + w] = 0;
  }

  std::unique_ptr<LongConvWorker> worker() const override {
    return std::make_unique<MonarchWorker>(plan_, alive_);
  }

 private:
  MonarchPlan plan_;
  std::vector<std::uint8_t> kept_;
  Alive alive_;
};

}  // namespace

std::unique_ptr<LongConvEngine> make_monarch_engine(const LongConvSpec& spec,
                                                    const LongConvLayout& layout) {
  return std::make_unique<MonarchEngine>(spec, layout);
}

}  // namespace limpid::dsp
