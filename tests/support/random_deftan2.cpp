// SPDX-License-Identifier: MIT
#include "tests/support/random_deftan2.h"

#include <cmath>

#include "models/deftan2/deftan2.h"

namespace limpid::test {
namespace {

class Writer {
 public:
  explicit Writer(const Deftan2Recipe& recipe) : r_(recipe), file_(recipe.seed) {}

  WeightsBuilder build() {
    const int c = r_.channels, outputs = r_.filter && r_.causal ? 2 * r_.microphones : 2;
    weights("up_conv.0", {c * r_.heads, 2 * r_.microphones, 3, 3}, true);
    norm("up_conv.1", c * r_.heads);
    dense("up_conv.2", c, r_.heads, true, true);
    for (int i = 0; i < r_.layers; ++i)
      for (const char* axis : {"F", "T"}) half("blocks." + std::to_string(i) + "." + axis, *axis);
    weights("down_conv.0", {outputs * r_.heads, c, 3, 3}, true);
    dense("down_conv.1", outputs, r_.heads, true, !r_.causal);
    return file_;
  }

 private:
  void weights(const std::string& name, const std::vector<std::int64_t>& shape, bool bias) {
    std::int64_t fan_in = 1;
    for (std::size_t axis = 1; axis < shape.size(); ++axis) fan_in *= shape[axis];
    file_.add(name + ".weight", shape, std::sqrt(4.0f / static_cast<float>(fan_in)));
    if (bias) file_.add(name + ".bias", {shape[0]}, 0.3f);
  }

  void norm(const std::string& name, int channels) {
    file_.add(name + ".weight", {channels}, 0.2f, 1.0f);
    file_.add(name + ".bias", {channels}, 0.3f);
  }

  void dense(const std::string& name, int width, int groups, bool planar, bool finish) {
    for (int g = 0; g < groups; ++g) {
      const std::string stage = name + ".blocks." + std::to_string(g);
      std::vector<std::int64_t> shape{width, g == 0 ? width : 2 * width, 3};
      if (planar) shape.push_back(3);
      weights(stage + ".0", shape, true);
      if (finish) norm(stage + ".1", width);
      if (finish || g + 1 < groups) file_.add(stage + ".2.weight", {width}, 0.1f, 0.25f);
    }
  }

  void half(const std::string& h, char axis) {
    const int c = r_.channels, inner = r_.heads * r_.head_width, path = r_.hidden / 2;
    file_.add(h + "_norm.gamma", {1, c, 1, 1}, 0.2f, 1.0f);
    file_.add(h + "_norm.beta", {1, c, 1, 1}, 0.3f);
    dense(h + "_inv", c, r_.unfold, false, true);
    norm(h + "_att.norm", c);
    if (r_.causal && axis == 'T') file_.add(h + "_att.fn.decay", {r_.heads}, 2.0f, 2.0f);
    weights(h + "_att.fn.cv_qk.0", {2 * c, c, 3}, false);
    for (const char* part : {"q", "k", "v"}) weights(h + "_att.fn.to_" + part, {inner, c}, false);
    weights(h + "_att.fn.to_out.0", {c, inner}, true);
    norm(h + "_ffw.norm", c);
    weights(h + "_ffw.fn.PW1.0", {path, c}, true);
    weights(h + "_ffw.fn.PW2.0", {path, c}, true);
    weights(h + "_ffw.fn.DW_Conv.0", {path, path, 5}, true);
    norm(h + "_ffw.fn.DW_Conv.1", path);
    file_.add(h + "_ffw.fn.DW_Conv.2.weight", {path}, 0.1f, 0.25f);
    weights(h + "_ffw.fn.PW3.0", {c, r_.hidden}, true);
    weights(h + "_linear", {c, c, r_.unfold}, true);
  }

  Deftan2Recipe r_;
  WeightsBuilder file_;
};

std::string number(const char* key, double value) {
  return "\"" + std::string(key) + "\":" + std::to_string(value);
}

std::string number(const char* key, int value) {
  return "\"" + std::string(key) + "\":" + std::to_string(value);
}

}  // namespace

std::string deftan2_metadata(const Deftan2Recipe& r) {
  std::string config = "{\"architecture\":\"deftan2\"";
  for (const std::string& pair :
       {number("sample_rate", r.sample_rate), number("window", 2 * r.hop), number("hop", r.hop),
        number("microphones", r.microphones), number("layers", r.layers),
        number("channels", r.channels), number("unfold", r.unfold), number("heads", r.heads),
        number("head_width", r.head_width), number("hidden", r.hidden),
        number("level_horizon", r.level_horizon),
        number("compression", static_cast<double>(r.compression)),
        std::string("\"causal\":") + (r.causal ? "true" : "false"),
        std::string("\"output\":") + (r.filter ? "\"filter\"" : "\"spectrum\""),
        std::string("\"input\":") + (r.relative ? "\"relative\"" : "\"plain\"")})
    config += "," + pair;
  return metadata_of(config + "}");
}

WeightsBuilder deftan2_weights(const Deftan2Recipe& recipe) {
  return Writer(recipe).build();
}

std::shared_ptr<const Model> random_deftan2(const Deftan2Recipe& recipe) {
  auto model = models::make_deftan2(deftan2_weights(recipe).weights(deftan2_metadata(recipe)));
  EXPECT_TRUE(model) << model.error().message;
  return model ? *model : nullptr;
}

}  // namespace limpid::test
