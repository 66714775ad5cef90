// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "admin/api_error.h"
#include "base/proxy.h"
#include "notify/mail_settings.h"
#include "store/data_folder.h"
#include "store/database.h"

// Seven things that most often keep a Tollgate from working, each looked at and told in a sentence:
// the data folder, the keys' files, the database, the port, the providers, the mail server, the
// clock.
//
// Threading:  any control thread; asking a provider takes up to 10 s, the mail server up to 60.
// Errors:     none: what is wrong is the result. It also works where the folder cannot be opened.
namespace tg::admin {

struct DoctorSubject {
  std::filesystem::path data;
  std::string listen_host;
  std::uint16_t listen_port = 0;
  bool is_running = false;              // a server has the folder and answers this itself
  store::Database* database = nullptr;  // null: it could not be opened
  const store::DataFolder* folder = nullptr;
  std::shared_ptr<const notify::MailSettings> mail{};  // null: none is configured
  std::shared_ptr<const Proxy> proxy{};                // to providers; null: none
  std::string console_url{};                           // what links in mails begin with
};

// {"object","ok","checks":[{"name","ok","message"}]}
[[nodiscard]] Json examine(const DoctorSubject& subject);

}  // namespace tg::admin
