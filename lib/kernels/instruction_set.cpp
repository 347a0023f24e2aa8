// SPDX-License-Identifier: MIT
#include "lib/kernels/instruction_set.h"

#include "lib/kernels/simd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lib/kernels/instruction_set.cpp"
#include "hwy/foreach_target.h"  // first: it includes this file once per instruction set

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace limpid::kernels::HWY_NAMESPACE {
const char* Name() {
  return hwy::TargetName(HWY_TARGET);
}
}  // namespace limpid::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
LIMPID_REALTIME_TRUSTED_BEGIN  // calls through the table of instruction sets
namespace limpid::kernels {

HWY_EXPORT(Name);

const char* instruction_set() LIMPID_REALTIME {
  return HWY_DYNAMIC_DISPATCH(Name)();
}

}  // namespace limpid::kernels
LIMPID_REALTIME_TRUSTED_END
#endif
