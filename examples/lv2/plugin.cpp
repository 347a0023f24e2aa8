// SPDX-License-Identifier: MIT
// LV2 plug-ins, one for each model and number of channels. What a host reads of them is in the
// bundle's Turtle files (limpid.ttl.in), ports in the order of kPorts.
#include <lv2/core/lv2.h>

#include <array>
#include <iterator>
#include <utility>

#include "examples/plugin/instance.h"

namespace {

using namespace limpid::plugin;

template <std::size_t index>
constexpr Ports kPorts(kKinds[index], {limit, latency, voice, enabled});

template <std::size_t index>
LV2_Handle instantiate(const LV2_Descriptor*, double rate, const char*, const LV2_Feature* const*) {
  return open(kKinds[index], kPorts<index>, rate);
}

Instance& instance(LV2_Handle handle) noexcept {
  return *static_cast<Instance*>(handle);
}

void connect_port(LV2_Handle handle, std::uint32_t port, void* data) {
  instance(handle).connect(port, static_cast<float*>(data));
}

void activate(LV2_Handle handle) {
  instance(handle).activate();
}

void run(LV2_Handle handle, std::uint32_t samples) {
  instance(handle).run(samples);
}

void cleanup(LV2_Handle handle) {
  delete static_cast<Instance*>(handle);
}

template <std::size_t... index>
constexpr auto describe(std::index_sequence<index...>) {
  return std::array{LV2_Descriptor{.URI = kKinds[index].uri,
                                   .instantiate = instantiate<index>,
                                   .connect_port = connect_port,
                                   .activate = activate,
                                   .run = run,
                                   .deactivate = nullptr,
                                   .cleanup = cleanup,
                                   .extension_data = nullptr}...};
}

constexpr auto kDescriptors = describe(std::make_index_sequence<std::size(kKinds)>());

}  // namespace

LV2_SYMBOL_EXPORT const LV2_Descriptor* lv2_descriptor(std::uint32_t index) {
  return index < kDescriptors.size() ? &kDescriptors[index] : nullptr;
}
