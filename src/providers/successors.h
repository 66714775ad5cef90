// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "config/snapshot.h"

// What ships about names that are gone: who takes a retired model's place, and what a request
// without a model means. Candidates are ordered; the first that is served counts, so that one list
// fits any provider. The operator's own choice (provider_records.h) stands above both.
//
// Threading:  immutable after load.
// Errors:     kCorrupt where a line is not `kind <tab> name <tab> candidates, space between`.
namespace tg::providers {

struct Successors {
  struct Entry {
    std::string name;  // the retired model, or an endpoint's path ("/v1/embeddings")
    std::vector<std::string> candidates;
  };
  std::vector<Entry> retired;
  std::vector<Entry> defaults;

  [[nodiscard]] static Result<Successors> load(std::string_view tsv);
  // catalogue/successors.tsv inside the binary.
  [[nodiscard]] static Result<Successors> load_embedded();
};

}  // namespace tg::providers
