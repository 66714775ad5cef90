// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"

// All prices of one model at one provider, as they hold from an instant on, and who says so. A call
// names the sheet that it was let in with, and so can be explained when other prices hold.
//
// Threading:  values.
namespace tg::config {

struct Model;

enum class PriceSource : std::uint8_t {
  kCatalogue,  // as shipped
  kOperator,   // a decision of the operator's
  kBook,       // what an organization pays, in the place of what the provider asks
  kCeiling,    // what is charged where nobody says what a model costs
};

struct PriceSheet {
  // Made from all that follows, never 0: the same sheet has the same id on every start.
  std::int64_t id = 0;
  std::string provider_id;
  std::string upstream_model;
  PriceSource source = PriceSource::kCatalogue;
  std::string catalogue_date;  // "2026-11-24"; "": not from the catalogue
  std::int64_t decision = 0;   // the operator's, by its sequence; 0: none
  WallTime valid_from;
  std::shared_ptr<const Model> model;  // whose prices these are
};

}  // namespace tg::config
