// SPDX-License-Identifier: MIT
#include "examples/limpid/collisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <tuple>

namespace limpid::cli {
namespace {

namespace fs = std::filesystem;

std::string swapped_case(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    c = static_cast<char>(std::islower(byte) != 0 ? std::toupper(byte) : std::tolower(byte));
  }
  return text;
}

// Asks the file system itself: is something that exists here also there in the other case?
bool ignores_case(const fs::path& path) {
  std::error_code ignored;
  for (fs::path at = path; at.has_filename(); at = at.parent_path()) {
    const fs::path other = at.parent_path() / swapped_case(at.filename().string());
    if (other == at || !fs::exists(at, ignored)) continue;
    return fs::equivalent(at, other, ignored);
  }
  return false;
}

// One string for one place on disk, whether or not there is a file yet.
class Places {
 public:
  std::string key(const fs::path& path) {
    std::error_code problem;
    fs::path full = fs::weakly_canonical(path, problem);
    if (problem) full = fs::absolute(path).lexically_normal();
    std::string text = full.generic_string();  // with slashes: lies_in()
    if (folds(full.parent_path()))
      std::transform(text.begin(), text.end(), text.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
  }

 private:
  bool folds(const fs::path& folder) {
    const auto [it, unseen] = folds_.try_emplace(folder, false);
    if (unseen) it->second = ignores_case(folder);
    return it->second;
  }

  std::map<fs::path, bool> folds_;
};

// What all names of a file have in common: links, bytes, time. Of thousands of files that a backup
// shares, only the few that agree in it need to be compared.
using Likeness = std::tuple<std::uintmax_t, std::uintmax_t, fs::file_time_type>;

// Nothing of a file with one name.
std::optional<Likeness> likeness(const fs::path& path) {
  std::error_code problem;
  const auto links = fs::hard_link_count(path, problem);
  if (problem || links < 2) return std::nullopt;
  const auto size = fs::file_size(path, problem);
  const auto time = problem ? fs::file_time_type() : fs::last_write_time(path, problem);
  return problem ? std::nullopt : std::optional<Likeness>({links, size, time});
}

// Hard links have no name of their own to compare: only the file system knows.
std::optional<std::string> linked(const std::vector<FileJob>& jobs, const Scan& scan) {
  std::error_code ignored;
  std::map<Likeness, std::vector<const fs::path*>> inputs;
  std::map<Likeness, std::vector<const FileJob*>> outputs;
  for (const Found& found : scan.files)
    if (const auto like = likeness(found.file)) inputs[*like].push_back(&found.file);
  for (const FileJob& job : jobs) {
    const auto like = likeness(job.output);
    if (!like) continue;
    for (const fs::path* input : inputs[*like])
      if (fs::equivalent(job.output, *input, ignored))
        return fmt::format("the output {} is the input {}", job.output.string(), input->string());
    for (const FileJob* other : outputs[*like])
      if (fs::equivalent(job.output, other->output, ignored))
        return fmt::format("{} and {} would both be written to {}", other->input.string(),
                           job.input.string(), other->output.string());
    outputs[*like].push_back(&job);
  }
  return std::nullopt;
}

// By the keys of their places.
using Inputs = std::map<std::string, fs::path>;
using Outputs = std::map<std::string, const FileJob*>;

// Whether `key` is a place in the folder `folder`, however deep.
bool lies_in(const std::string& key, const std::string& folder) {
  return key.starts_with(folder + '/');
}

std::optional<std::string> replaced_by_report(const fs::path& report, const std::string& key,
                                              const Inputs& inputs, const Outputs& outputs) {
  if (const auto hit = inputs.find(key); hit != inputs.end())
    return fmt::format("the report {} is the input {}", report.string(), hit->second.string());
  if (const auto hit = outputs.find(key); hit != outputs.end())
    return fmt::format("the report {} is the output for {}", report.string(),
                       hit->second->input.string());
  for (const auto& [output, job] : outputs)
    if (lies_in(output, key) || lies_in(key, output))
      return fmt::format("of the report {} and the output {} one would be a folder of the other",
                         report.string(), job->output.string());
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_collision(std::vector<FileJob>& jobs, const Scan& scan,
                                          const fs::path& report) {
  Places places;
  Inputs inputs;  // also those that cannot be read: they may be mended
  for (const Found& found : scan.files) inputs.emplace(places.key(found.file), found.file);

  Outputs outputs;
  std::vector<std::size_t> repeated;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::string key = places.key(jobs[i].output);
    if (const auto hit = inputs.find(key); hit != inputs.end())
      return fmt::format("the output {} is the input {}", jobs[i].output.string(),
                         hit->second.string());
    const auto [hit, fresh] = outputs.emplace(key, &jobs[i]);
    if (fresh) continue;
    if (places.key(hit->second->input) != places.key(jobs[i].input))
      return fmt::format("{} and {} would both be written to {}", hit->second->input.string(),
                         jobs[i].input.string(), jobs[i].output.string());
    repeated.push_back(i);
  }
  if (!report.empty())
    if (auto problem = replaced_by_report(report, places.key(report), inputs, outputs))
      return problem;
  for (auto i = repeated.rbegin(); i != repeated.rend(); ++i)
    jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(*i));
  return linked(jobs, scan);
}

}  // namespace limpid::cli
