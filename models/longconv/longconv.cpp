// SPDX-License-Identifier: MIT
#include "models/longconv/longconv.h"

#include <algorithm>

#include "models/longconv/gpu_network.h"
#include "models/make_model.h"
#include "models/mask_model.h"

namespace limpid::models {
namespace {

// Columns that are processed together: enough for weights to be read once for many, few enough for
// their activations to stay in the second-level cache.
constexpr int kColumns = 16;

class LongConv final : public MaskModel<LongConvNetwork, LongConvState, GpuLongConv> {
 public:
  using MaskModel::MaskModel;

 private:
  int tile(int lanes) const noexcept override { return std::max(1, kColumns / lanes); }
};

}  // namespace

Result<std::shared_ptr<const Model>> make_longconv(io::Weights weights) {
  return make_model<LongConv, LongConvNetwork>(
      std::move(weights), "longconv", parse_longconv_config, describe_masks<LongConvConfig>);
}

}  // namespace limpid::models
