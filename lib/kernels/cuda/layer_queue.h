// SPDX-License-Identifier: MIT
// LayerQueue of a device, behind Device::open_layers() (backend.h).
#pragma once

#include <memory>

#include "lib/kernels/cuda/layers.h"

namespace limpid::kernels::cuda {

Result<std::unique_ptr<LayerQueue>> open_stream_queue(int device);

}  // namespace limpid::kernels::cuda
