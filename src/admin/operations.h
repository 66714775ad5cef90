// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "admin/api_error.h"
#include "admin/live_state.h"
#include "admin/permissions.h"
#include "base/ids.h"
#include "base/proxy.h"
#include "identity/audit.h"
#include "notify/mail_settings.h"
#include "providers/catalogue.h"
#include "store/data_folder.h"
#include "store/database.h"

// Every act of the control plane, once: JSON in, JSON out. The command line runs them in its own
// process on a stopped folder, or through the control socket on a running one; the console's API
// runs the same ones on behalf of whoever is signed in.
//
// Threading:  run() from any control thread; changes are made one after the other, each in the
//             database first and then in the live state.
// Lifetime:   database, folder and live state outlive it. No live state: the folder is stopped.
// Errors:     ApiError with the field at fault. Unknown fields are refused by name.
// Audit:      whatever changes something leaves an audit record with its actor.
namespace tg::admin {

// On whose behalf an operation runs, and how far that goes.
struct Caller {
  identity::Actor actor;
  UserId user_id;                  // empty: the first owner
  OrganizationId organization_id;  // empty: the first owner's
  KeyId key_id{};                  // that asks; empty for people
  bool is_data_key = false;        // which may only ask about itself
  bool is_operator = false;        // may touch what belongs to the instance
  bool has_folder = false;         // sits at the server's own machine, with its data folder
  bool is_owner = false;           // may change what belongs to others of the organization
  PermissionSet permissions{};     // in the organization, or at the route's project
  std::string session_hash{};      // of the browser's session; empty for keys and the command line
};
// Whoever can use the data folder owns it: the command line.
[[nodiscard]] Caller command_line_caller();

struct PresentedKey {
  std::string_view key;
  std::string_view address;  // the peer's
  std::string_view client;   // its User-Agent
};

struct ApiRequest;
struct OperationContext;
using ApiHandler = ApiResult<Json>(OperationContext& context, const ApiRequest& request);

struct OperationsOptions {
  // "http://127.0.0.1:8080": for the links that it makes.
  std::string console_url{};
  // Loaded when it is first needed if the caller has none yet.
  std::shared_ptr<const providers::Catalogue> catalogue{};
  std::shared_ptr<const notify::MailSettings> mail{};  // null: no mail is sent
  std::function<void()> on_mail_queued{};              // wakes whoever sends
  std::string version{};                               // of this program
  std::shared_ptr<const Proxy> proxy{};                // to providers; null: none
};

class Operations {
 public:
  Operations(store::Database& database, const store::DataFolder& folder, LiveState* live,
             OperationsOptions options);
  ~Operations();
  Operations(const Operations&) = delete;
  Operations& operator=(const Operations&) = delete;

  // docs/cli.md and docs/console-api.md list the operations with their fields.
  [[nodiscard]] ApiResult<Json> run(std::string_view operation, const Json& arguments,
                                    const Caller& caller);

  // The fields that an operation takes; nothing where there is no such operation.
  [[nodiscard]] static std::optional<std::span<const std::string_view>> fields_of(
      std::string_view operation);

  // For the handlers of routes (api_handlers.h).
  [[nodiscard]] OperationContext& context() noexcept;
  // The caller behind a key: of an admin key its owner, as far as their role goes; of all others
  // the key itself. kKeyInvalid, kKeyExpired, kKeyPaused, kAddressNotAllowed.
  [[nodiscard]] ApiResult<Caller> caller_of_key(const PresentedKey& presented);

  // What a caller from afar needs to run the operation; nothing: to be the instance's operator, or
  // there is no such operation.
  [[nodiscard]] static std::optional<Permission> permission_of(std::string_view operation);

  // Where the server listens is known only once it does.
  void set_console_url(std::string url);

  [[nodiscard]] store::Database& database();
  [[nodiscard]] const store::DataFolder& folder() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::admin
