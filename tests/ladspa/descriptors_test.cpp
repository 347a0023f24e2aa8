// SPDX-License-Identifier: MIT
// What hosts read before they run anything obeys ladspa.h.
#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>
#include <utility>

#include "tests/ladspa/host.h"

namespace limpid {
namespace {

using test::descriptor;
using test::ports;

constexpr int kBothBounds = LADSPA_HINT_BOUNDED_BELOW | LADSPA_HINT_BOUNDED_ABOVE;

bool printable(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// Configurations and sessions name labels and numbers: they never change.
TEST(LadspaDescriptors, LabelsAndNumbersStay) {
  const std::vector<std::pair<std::string, unsigned long>> expected = {
      {"limpid_light_mono", 7104877}, {"limpid_light_stereo", 7104878},
      {"limpid_base_mono", 7104879},  {"limpid_base_stereo", 7104880},
      {"limpid_frcrn_mono", 7104881}, {"limpid_frcrn_stereo", 7104882},
      {"limpid_array_2", 7104883},    {"limpid_array_4", 7104884}};
  std::vector<std::pair<std::string, unsigned long>> found;
  for (unsigned long i = 0; descriptor(i) != nullptr; ++i)
    found.emplace_back(descriptor(i)->Label, descriptor(i)->UniqueID);
  EXPECT_EQ(found, expected);
  EXPECT_EQ(descriptor(~0ul), nullptr);
}

TEST(LadspaDescriptors, AreWhatHostsExpect) {
  std::set<std::string> names;
  for (unsigned long i = 0; descriptor(i) != nullptr; ++i) {
    const auto& plugin = *descriptor(i);
    SCOPED_TRACE(plugin.Label);
    EXPECT_LT(plugin.UniqueID, 0x1000000u);
    EXPECT_TRUE(names.insert(plugin.Name).second) << "two plug-ins of one name";
    for (const auto* text : {plugin.Name, plugin.Maker, plugin.Copyright})
      EXPECT_TRUE(printable(text));
    EXPECT_EQ(plugin.Properties, LADSPA_PROPERTY_HARD_RT_CAPABLE);
    EXPECT_EQ(plugin.run_adding == nullptr, plugin.set_run_adding_gain == nullptr);
    const std::string_view label = plugin.Label;
    const bool stereo = label.ends_with("stereo");
    const std::size_t inputs = stereo || label.ends_with("2") ? 2 : label.ends_with("4") ? 4 : 1;
    const std::size_t outputs = stereo ? 2 : 1;
    EXPECT_EQ(ports(plugin, LADSPA_PORT_AUDIO | LADSPA_PORT_INPUT).size(), inputs);
    EXPECT_EQ(ports(plugin, LADSPA_PORT_AUDIO | LADSPA_PORT_OUTPUT).size(), outputs);
    EXPECT_EQ(ports(plugin, LADSPA_PORT_CONTROL | LADSPA_PORT_INPUT).size(), 1u);
    EXPECT_EQ(ports(plugin, LADSPA_PORT_CONTROL | LADSPA_PORT_OUTPUT).size(), 2u);
    EXPECT_EQ(plugin.PortCount, inputs + outputs + 3) << "a port that is none of these";
  }
}

TEST(LadspaDescriptors, PortsHaveNamesAndRanges) {
  for (unsigned long i = 0; descriptor(i) != nullptr; ++i) {
    const auto& plugin = *descriptor(i);
    SCOPED_TRACE(plugin.Label);
    std::set<std::string> names;
    for (unsigned long port = 0; port < plugin.PortCount; ++port) {
      EXPECT_TRUE(printable(plugin.PortNames[port]));
      EXPECT_TRUE(names.insert(plugin.PortNames[port]).second) << plugin.PortNames[port];
    }
    const auto& limit = plugin.PortRangeHints[test::port_named(plugin, "Attenuation Limit (dB)")];
    EXPECT_EQ(limit.HintDescriptor, kBothBounds | LADSPA_HINT_DEFAULT_MAXIMUM);
    EXPECT_EQ(limit.LowerBound, 0.0f);
    EXPECT_EQ(limit.UpperBound, 100.0f);
    const auto latency = test::port_named(plugin, "latency");  // by this name hosts know it
    EXPECT_EQ(plugin.PortDescriptors[latency], LADSPA_PORT_CONTROL | LADSPA_PORT_OUTPUT);
    for (const auto port : ports(plugin, LADSPA_PORT_CONTROL | LADSPA_PORT_OUTPUT))
      EXPECT_TRUE(LADSPA_IS_HINT_DEFAULT_0(plugin.PortRangeHints[port].HintDescriptor))
          << "SoX would ask for a value of " << plugin.PortNames[port];
  }
}

TEST(LadspaDescriptors, RatesThatTheModelDoesNotRunAtAreRefused) {
  const auto& plugin = descriptor("limpid_light_mono");
  for (const unsigned long rate : {0ul, 7999ul, 192001ul, (1ul << 32) + 48000}) {
    errno = 0;  // PipeWire 0.3 takes what is left of it for the result
    EXPECT_EQ(plugin.instantiate(&plugin, rate), nullptr) << rate;
    EXPECT_EQ(errno, EINVAL) << rate;
  }
}

}  // namespace
}  // namespace limpid
