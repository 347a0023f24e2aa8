// SPDX-License-Identifier: MIT
// PipeWire's configurations name what the plug-in has. (PipeWire itself is not needed.)
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/ladspa/host.h"

namespace limpid {
namespace {

using test::ports;

constexpr int kIn = LADSPA_PORT_AUDIO | LADSPA_PORT_INPUT;
constexpr int kOut = LADSPA_PORT_AUDIO | LADSPA_PORT_OUTPUT;

struct Microphone {
  std::string text;

  explicit Microphone(const std::string& name) {
    std::ifstream file(LIMPID_MICROPHONES "/" + name);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }

  std::string after(const std::string& pattern) const {
    std::smatch found;
    return std::regex_search(text, found, std::regex(pattern)) ? found[1].str() : std::string();
  }

  const LADSPA_Descriptor& plugin() const {
    return test::descriptor(after("\n *label *= (\\S+)\n"));
  }

  void expect_control() const {
    const auto port = test::port_named(plugin(), after("control = \\{ \"([^\"]+)\" = 100.0 \\}"));
    EXPECT_EQ(plugin().PortDescriptors[port], LADSPA_PORT_CONTROL | LADSPA_PORT_INPUT);
  }
};

TEST(LadspaMicrophone, NamesAPlugInAndItsControl) {
  const Microphone file("limpid-microphone.conf.in");
  file.expect_control();
  EXPECT_EQ(file.after("audio.channels *= (\\d+)\n"),
            std::to_string(ports(file.plugin(), kIn).size()));
}

TEST(LadspaMicrophone, OfTwoNamesAllOfItsPorts) {
  const Microphone file("limpid-microphones.conf.in");
  file.expect_control();
  const auto names = [&](int kind) {
    std::string list;
    for (const auto port : ports(file.plugin(), kind))
      list += std::string(" \"limpid:") + file.plugin().PortNames[port] + '"';
    return list + ' ';
  };
  EXPECT_EQ(file.after("inputs *= \\[(.*)\\]\n"), names(kIn));
  EXPECT_EQ(file.after("outputs *= \\[(.*)\\]\n"), names(kOut));
  const std::string channels = "props = \\{[^}]*audio.channels *= (\\d+)\n";
  EXPECT_EQ(file.after("capture." + channels), std::to_string(ports(file.plugin(), kIn).size()));
  EXPECT_EQ(file.after("playback." + channels), std::to_string(ports(file.plugin(), kOut).size()));
}

}  // namespace
}  // namespace limpid
