// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/product_kernels.cuh"

namespace limpid::kernels::cuda {

Status prepare_exact_products() {
  return prepare_products<Arithmetic::exact>();
}

Status launch_exact_product(ProductKind kind, const ComplexProductArgs& args, cudaStream_t stream) {
  return launch_product<Arithmetic::exact>(kind, args, stream);
}

Status launch_exact_product(const RealProductArgs& args, cudaStream_t stream) {
  return launch_product<Arithmetic::exact>(args, stream);
}

Status launch_exact_product(const ManyProductArgs& args, cudaStream_t stream) {
  return launch_product<Arithmetic::exact>(args, stream);
}

Status gather_exact_context(const ContextArgs& args, cudaStream_t stream) {
  return launch_tiles<GatherTiles<Arithmetic::exact>>(args, stream);
}
Status add_exact_context(const ContextArgs& args, cudaStream_t stream) {
  return launch_tiles<AddContextTiles<Arithmetic::exact>>(args, stream);
}

}  // namespace limpid::kernels::cuda
