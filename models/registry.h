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

// Names of the models inside this library, whose weights are part of the binary; the first is the
// default. The build chooses them (LIMPID_MODELS), there may be none.
std::vector<std::string> shipped();

// `model` is a shipped name or the path of a .safetensors file ("": the default). All who have
// loaded a shipped one share it; a file is read anew each time, as it may have changed.
// not_found, bad_format, unsupported (unknown architecture), io. From any thread.
Result<std::shared_ptr<const Model>> load(std::string_view model);

// A file, whatever its name.
Result<std::shared_ptr<const Model>> load_file(const std::filesystem::path& path);

}  // namespace limpid::models
