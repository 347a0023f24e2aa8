// SPDX-License-Identifier: MIT
// Finds a model by name or file. A table, not static initialisers.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/model/model.h"

namespace limpid::models {

inline constexpr std::string_view kDefaultModel = "light";

// Names of the models inside this library; their weights are part of the binary.
std::vector<std::string> shipped();

// `model` is a shipped name or the path of a .safetensors file ("" = kDefaultModel). All who have
// loaded a shipped one share it; a file is read anew each time, as it may have changed.
// not_found, bad_format, unsupported (unknown architecture), io. From any thread.
Result<std::shared_ptr<const Model>> load(std::string_view model);

// A file, whatever its name.
Result<std::shared_ptr<const Model>> load_file(const std::filesystem::path& path);

}  // namespace limpid::models
