// SPDX-License-Identifier: MIT
// PipeWire's configuration names what the plug-in has. (PipeWire itself is not needed.)
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/ladspa/host.h"

namespace limpid {
namespace {

TEST(LadspaMicrophone, NamesAPlugInAndItsControl) {
  std::ifstream file(LIMPID_MICROPHONE);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto after = [&](const char* pattern) {
    std::smatch found;
    return std::regex_search(text, found, std::regex(pattern)) ? found[1].str() : std::string();
  };
  const auto& plugin = test::descriptor(after("\n *label *= (\\S+)\n"));
  const auto control = test::port_named(plugin, after("control = \\{ \"([^\"]+)\" = 100.0 \\}"));
  EXPECT_EQ(plugin.PortDescriptors[control], LADSPA_PORT_CONTROL | LADSPA_PORT_INPUT);
  EXPECT_EQ(after("audio.channels *= (\\d+)\n"),
            std::to_string(test::ports(plugin, LADSPA_PORT_AUDIO | LADSPA_PORT_INPUT).size()));
}

}  // namespace
}  // namespace limpid
