// SPDX-License-Identifier: MIT
#include "lib/kernels/cuda/product_kernels.cuh"

namespace limpid::kernels::cuda {

Status prepare_tensor_products() {
  if (auto done = prepare_products<Arithmetic::tf32x3>(); !done) return done;
  return prepare_products<Arithmetic::tf32>();
}

Status launch_tensor_product(ProductKind kind, Arithmetic arithmetic,
                             const ComplexProductArgs& args, cudaStream_t stream) {
  if (arithmetic == Arithmetic::tf32x3)
    return launch_product<Arithmetic::tf32x3>(kind, args, stream);
  return launch_product<Arithmetic::tf32>(kind, args, stream);
}

Status launch_tensor_product(Arithmetic arithmetic, const RealProductArgs& args,
                             cudaStream_t stream) {
  if (arithmetic == Arithmetic::tf32x3) return launch_product<Arithmetic::tf32x3>(args, stream);
  return launch_product<Arithmetic::tf32>(args, stream);
}

Status launch_tensor_product(Arithmetic arithmetic, const ManyProductArgs& args,
                              cudaStream_t stream) {
  if (arithmetic == Arithmetic::tf32x3) return launch_product<Arithmetic::tf32x3>(args, stream);
  return launch_product<Arithmetic::tf32>(args, stream);
}

Status gather_tensor_context(Arithmetic arithmetic, const ContextArgs& args, cudaStream_t stream) {
  if (arithmetic == Arithmetic::tf32x3)
    return launch_tiles<GatherTiles<Arithmetic::tf32x3>>(args, stream);
  return launch_tiles<GatherTiles<Arithmetic::tf32>>(args, stream);
}
Status add_tensor_context(Arithmetic arithmetic, const ContextArgs& args, cudaStream_t stream) {
  if (arithmetic == Arithmetic::tf32x3)
    return launch_tiles<AddContextTiles<Arithmetic::tf32x3>>(args, stream);
  return launch_tiles<AddContextTiles<Arithmetic::tf32>>(args, stream);
}

}  // namespace limpid::kernels::cuda
