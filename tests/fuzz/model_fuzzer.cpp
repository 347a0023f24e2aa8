// SPDX-License-Identifier: MIT
// libFuzzer entry: the first byte chooses a small network of the tests' data, the rest stands in
// its file in place of its configuration. What loads is opened and fed.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/registry.h"
#include "tests/io/whole_file.h"
#include "tests/support/temporary_folder.h"

namespace {

using nlohmann::json;

// A weight file, whose configuration can be replaced.
class Template {
 public:
  explicit Template(const std::string& name) {
    const std::string file = limpid::test::slurp(LIMPID_TEST_DATA "/" + name + ".safetensors");
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), sizeof length);
    header_ = json::parse(file.substr(sizeof length, length));
    data_ = file.substr(sizeof length + length);
  }

  std::string with(const std::string& config) {
    header_["__metadata__"]["config"] = config;
    const std::string header = header_.dump(-1, ' ', false, json::error_handler_t::replace);
    const std::uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), sizeof length) + header + data_;
  }

 private:
  json header_;
  std::string data_;
};

void try_out(const limpid::Model& model) {
  constexpr int kHops = 2;
  const auto& spec = model.spec();
  auto session = model.open({.sample_rate = spec.sample_rate, .lanes = 1, .max_frames = kHops});
  if (!session) return;
  const int samples = kHops * (*session)->format().hop;
  const limpid::Tensor<float, 2> in({spec.input_channels, samples});
  limpid::Tensor<float, 2> out({spec.output_channels, samples});
  (*session)->process(in.view(), out.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const limpid::test::TemporaryFolder folder;
  static std::vector<Template> networks{
      Template("frcrn_tiny"),          Template("longconv_tiny"), Template("longconv_tiny_array"),
      Template("deftan2_tiny_causal"), Template("deftan2_tiny"),  Template("avsr_tiny_average")};
  if (size == 0) return 0;
  const std::string config(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto path = folder / "model.safetensors";
  limpid::test::spill(path, networks[data[0] % networks.size()].with(config));
  if (auto model = limpid::models::load_file(path)) try_out(**model);
  return 0;
}
