// SPDX-License-Identifier: MIT
// LADSPA plug-ins: for PipeWire, which makes virtual microphones of them, and for plug-in hosts.
// One for each model and number of channels; ladspa.h says what a host may do.
#include <ladspa.h>

#include <array>
#include <iterator>
#include <utility>

#include "examples/plugin/instance.h"

namespace {

using namespace limpid::plugin;

// The letters "lim" as a number, which nobody has registered; hosts want less than 0x1000000.
constexpr unsigned long kFirstId = 0x6C696D;

// By the numbers of Port. Hosts know the latency, in samples, by this very name; they bypass
// plug-ins themselves, so none of these is called "enabled".
constexpr const char* kNames[port_count] = {"Attenuation Limit (dB)",
                                            "latency",
                                            "Voice Activity",
                                            nullptr,
                                            "Input 1",
                                            "Input 2",
                                            "Input 3",
                                            "Input 4",
                                            "Output 1",
                                            "Output 2"};

constexpr LADSPA_PortDescriptor kind_of(Port port) {
  const bool in = port == limit || port == enabled || (port >= in_1 && port < out_1);
  return (in ? LADSPA_PORT_INPUT : LADSPA_PORT_OUTPUT) |
         (port < in_1 ? LADSPA_PORT_CONTROL : LADSPA_PORT_AUDIO);
}

constexpr LADSPA_PortRangeHint range_of(Port port) {
  constexpr int kBounded = LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_BOUNDED_ABOVE;
  if (port == limit) return {kBounded | LADSPA_HINT_DEFAULT_MAXIMUM, 0.0f, kNoLimit};
  // SoX asks for a value of every control without a default, also of those that are outputs.
  if (port == latency) return {LADSPA_HINT_DEFAULT_0, 0.0f, 0.0f};
  if (port == voice) return {kBounded | LADSPA_HINT_DEFAULT_0, 0.0f, 1.0f};
  return {};
}

// What a descriptor points to.
struct Described {
  const Kind& kind;
  Ports ports{kind, {limit, latency, voice}};
  std::array<LADSPA_PortDescriptor, port_count> kinds{};
  std::array<const char*, port_count> names{};
  std::array<LADSPA_PortRangeHint, port_count> ranges{};

  constexpr explicit Described(const Kind& which) : kind(which) {
    for (unsigned i = 0; i < ports.count; ++i) {
      kinds[i] = kind_of(ports.list[i]);
      names[i] = kNames[ports.list[i]];
      ranges[i] = range_of(ports.list[i]);
    }
  }
};

template <std::size_t... index>
constexpr auto describe_all(std::index_sequence<index...>) {
  return std::array{Described(kKinds[index])...};
}
constexpr auto kAll = std::make_index_sequence<std::size(kKinds)>();
constexpr auto kDescribed = describe_all(kAll);

Instance& instance(LADSPA_Handle handle) noexcept {
  return *static_cast<Instance*>(handle);
}

LADSPA_Handle instantiate(const LADSPA_Descriptor* descriptor, unsigned long rate) {
  const auto& described = *static_cast<const Described*>(descriptor->ImplementationData);
  return open(described.kind, described.ports, static_cast<double>(rate));
}

void connect_port(LADSPA_Handle handle, unsigned long port, float* data) {
  instance(handle).connect(port, data);
}

void activate(LADSPA_Handle handle) {
  instance(handle).activate();
}

void run(LADSPA_Handle handle, unsigned long samples) {
  instance(handle).run(samples);
}

void cleanup(LADSPA_Handle handle) {
  delete static_cast<Instance*>(handle);
}

constexpr LADSPA_Descriptor descriptor_of(std::size_t index) {
  const Described& described = kDescribed[index];
  return {.UniqueID = kFirstId + index,
          .Label = described.kind.label,
          .Properties = LADSPA_PROPERTY_HARD_RT_CAPABLE,
          .Name = described.kind.name,
          .Maker = "limpid",
          .Copyright = LIMPID_LADSPA_LICENCE,
          .PortCount = described.ports.count,
          .PortDescriptors = described.kinds.data(),
          .PortNames = described.names.data(),
          .PortRangeHints = described.ranges.data(),
          .ImplementationData = const_cast<Described*>(&described),
          .instantiate = instantiate,
          .connect_port = connect_port,
          .activate = activate,
          .run = run,
          .run_adding = nullptr,
          .set_run_adding_gain = nullptr,
          .deactivate = nullptr,
          .cleanup = cleanup};
}

template <std::size_t... index>
constexpr auto descriptors_of(std::index_sequence<index...>) {
  return std::array{descriptor_of(index)...};
}
constexpr auto kDescriptors = descriptors_of(kAll);

}  // namespace

__attribute__((visibility("default"))) const LADSPA_Descriptor* ladspa_descriptor(
    unsigned long index) {
  return index < kDescriptors.size() ? &kDescriptors[index] : nullptr;
}
