// SPDX-License-Identifier: MIT
#include "models/registry.h"

#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

#include "lib/base/utf8_path.h"
#include "models/avsr/as_model.h"
#include "models/config_fields.h"
#include "models/deftan2/deftan2.h"
#include "models/frcrn/frcrn.h"
#include "models/longconv/longconv.h"
#include "models/shipped.h"

namespace limpid::models {
namespace {

struct Architecture {
  std::string_view name;
  Result<std::shared_ptr<const Model>> (*make)(io::Weights weights);
};

constexpr Architecture kArchitectures[] = {{"avsr", make_avsr},
                                           {"deftan2", make_deftan2},
                                           {"frcrn", make_frcrn},
                                           {"longconv", make_longconv}};

std::string listed_architectures() {
  std::string names;
  for (const Architecture& architecture : kArchitectures)
    names += (names.empty() ? "" : ", ") + std::string(architecture.name);
  return names;
}

Result<std::shared_ptr<const Model>> make(io::Weights weights) {
  for (const char* part : {"config", "card"})
    if (nests_deeply(weights.metadata(part)))
      return Error{ErrorCode::bad_format,
                   weights.origin() + ": its \"" + part + "\" nests objects and lists too deeply"};
  const auto config = nlohmann::json::parse(weights.metadata("config"), nullptr, false);
  const auto found = config.is_object() ? config.find("architecture") : config.end();
  if (!config.is_object() || found == config.end() || !found->is_string()) {
    return Error{ErrorCode::bad_format,
                 weights.origin() +
                     ": no \"config\" with an \"architecture\" in the metadata; is this a "
                     "limpid model? (training/convert.py makes one of an official checkpoint)"};
  }
  const auto name = found->get<std::string>();
  for (const Architecture& architecture : kArchitectures)
    if (architecture.name == name) return architecture.make(std::move(weights));
  return Error{ErrorCode::unsupported, weights.origin() + ": architecture '" + name +
                                           "' is not one that this version knows (" +
                                           listed_architectures() + ")"};
}

struct InUse {
  std::mutex mutex;  // of this model: nobody waits for another one that is being loaded
  std::weak_ptr<const Model> model;
};

// While anyone uses a shipped model, whoever loads it gets the same one: the streams of a server
// and the plug-ins of a host read their weights from the same memory, and so from the same cache.
Result<std::shared_ptr<const Model>> load_shipped(std::size_t index) {
  static std::vector<InUse> in_use(shipped_models().size());
  const std::lock_guard lock(in_use[index].mutex);
  if (auto model = in_use[index].model.lock()) return model;
  const ShippedModel& shipped = shipped_models()[index];
  auto weights = io::Weights::parse(shipped.bytes, shipped.name);
  if (!weights) return weights.error();
  auto model = make(*std::move(weights));
  if (model) in_use[index].model = *model;
  return model;
}

bool looks_like_path(std::string_view model) {
  return model.find('/') != model.npos || model.ends_with(".safetensors");
}

}  // namespace

std::vector<std::string> shipped() {
  std::vector<std::string> names;
  for (const ShippedModel& model : shipped_models()) names.emplace_back(model.name);
  return names;
}

Result<std::shared_ptr<const Model>> load_file(const std::filesystem::path& path) {
  auto weights = io::Weights::open(path);
  if (!weights) return weights.error();
  return make(*std::move(weights));
}

Result<std::shared_ptr<const Model>> load(std::string_view model) {
  const std::span<const ShippedModel> inside = shipped_models();
  if (model.empty() && !inside.empty()) model = inside.front().name;
  for (std::size_t index = 0; index < inside.size(); ++index)
    if (inside[index].name == model) return load_shipped(index);
  const auto path = path_of(model);
  std::error_code ignored;
  if (looks_like_path(model) || std::filesystem::exists(path, ignored)) return load_file(path);
  std::string names;
  for (const std::string& name : shipped()) names += (names.empty() ? "" : ", ") + name;
  return Error{ErrorCode::not_found, "no model '" + std::string(model) + "': this library has " +
                                         (names.empty() ? "none" : names) +
                                         "; a file is named by its path"};
}

}  // namespace limpid::models
