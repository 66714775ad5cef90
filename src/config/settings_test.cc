// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace tg::config {
namespace {

class SettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "settings.XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& text) {
    const auto path = folder_ / "tollgate.toml";
    std::ofstream{path} << text;
    return path;
  }

  static const SettingValue& value(const LoadedSettings& loaded, std::string_view name) {
    return *std::ranges::find(loaded.values, name, &SettingValue::name);
  }

  std::filesystem::path folder_;
};

TEST_F(SettingsTest, EveryBuiltInDefaultIsAllowed) {
  const auto loaded = load_settings({.file = write("")});
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->values.size(), setting_rows().size());
  EXPECT_EQ(loaded->settings.listen_host, "127.0.0.1");
  EXPECT_EQ(loaded->settings.listen_port, 8080);
  EXPECT_GE(loaded->settings.workers, 1);
  EXPECT_EQ(loaded->settings.drain, std::chrono::seconds{30});
}

TEST_F(SettingsTest, ACertificateAndItsKeyAreGivenTogether) {
  const auto both = load_settings(
      {.file = write("tls_certificate_file = 'chain.pem'\ntls_key_file = 'key.pem'")});
  ASSERT_TRUE(both) << both.error();
  EXPECT_EQ(both->settings.tls_certificate_file, "chain.pem");
  EXPECT_EQ(both->settings.tls_key_file, "key.pem");

  const auto one = load_settings({.file = write("tls_certificate_file = 'chain.pem'")});
  ASSERT_FALSE(one);
  EXPECT_TRUE(one.error().starts_with("The setting 'tls_key_file' is missing")) << one.error();
  const auto other = load_settings({.file = write("tls_key_file = 'key.pem'")});
  ASSERT_FALSE(other);
  EXPECT_TRUE(other.error().starts_with("The setting 'tls_certificate_file' is missing"))
      << other.error();
}

TEST_F(SettingsTest, TheDatabasesAddressIsToldToNobody) {
  const std::string address = "postgresql://ada:hunter2@host/name";
  const auto secret = folder_ / "address";
  std::ofstream{secret} << address << '\n';
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "TOLLGATE_DATABASE_FILE") return secret.string();
    return std::nullopt;
  };
  const auto loaded = load_settings({.file = write(""), .environment = environment});
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->settings.database.reveal(), address);
  EXPECT_EQ(value(*loaded, "database").text, "(secret)");
  EXPECT_EQ(value(*loaded, "database").source, "TOLLGATE_DATABASE_FILE");

  const auto wrong = load_settings({.file = write("database = 'mysql://ada:hunter2@host/name'")});
  ASSERT_FALSE(wrong);
  EXPECT_FALSE(wrong.error().contains("hunter2")) << wrong.error();
  const auto usual = load_settings({.file = write("")});
  EXPECT_EQ(value(*usual, "database").text, "sqlite");
}

TEST_F(SettingsTest, FlagsBeatTheEnvironmentWhichBeatsTheFile) {
  const SettingSources sources{
      .file = write("listen = '127.0.0.1:1'\ndrain_ms = 1\nworkers = 1\n"),
      .environment = [](const std::string& name) -> std::optional<std::string> {
        if (name == "TOLLGATE_LISTEN") return "127.0.0.1:2";
        if (name == "TOLLGATE_DRAIN_MS") return "2";
        return std::nullopt;
      },
      .flags = {{"listen", "127.0.0.1:3"}}};
  const auto loaded = load_settings(sources);
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->settings.listen_port, 3);
  EXPECT_EQ(value(*loaded, "listen").source, "--listen");
  EXPECT_EQ(loaded->settings.drain, std::chrono::milliseconds{2});
  EXPECT_EQ(value(*loaded, "drain_ms").source, "TOLLGATE_DRAIN_MS");
  EXPECT_EQ(loaded->settings.workers, 1);
  EXPECT_EQ(value(*loaded, "workers").origin, Origin::kFile);
  EXPECT_EQ(value(*loaded, "durability").origin, Origin::kDefault);
}

TEST_F(SettingsTest, UnknownKeyInTheFileIsRefusedByNameAndLine) {
  const auto loaded = load_settings({.file = write("workers = 1\nlissten = 'x'\n")});
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().find("'lissten'"), std::string::npos) << loaded.error();
  EXPECT_NE(loaded.error().find("line 2"), std::string::npos) << loaded.error();
}

TEST_F(SettingsTest, BrokenFileIsRefusedWithItsLine) {
  const auto loaded = load_settings({.file = write("workers = 1\nlisten = \n")});
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().find("line 2"), std::string::npos) << loaded.error();
}

TEST_F(SettingsTest, FileThatWasNamedMustExist) {
  EXPECT_FALSE(load_settings({.file = folder_ / "missing.toml"}));
}

TEST_F(SettingsTest, ValueOutOfItsRangeIsRefusedWithItsSource) {
  for (const auto& [name, text] :
       std::map<std::string, std::string, std::less<>>{{"workers", "257"},
                                                       {"workers", "1x"},
                                                       {"drain_ms", "0"},
                                                       {"drain_ms", "-1"},
                                                       {"listen", "8080"},
                                                       {"listen", ":8080"},
                                                       {"listen", "::1:8080"},
                                                       {"listen", "127.0.0.1:65536"},
                                                       {"durability", "always"},
                                                       {"log_level", "loud"},
                                                       {"public_url", "tollgate.example"},
                                                       {"data", ""}}) {
    const auto loaded = load_settings({.file = write(""), .flags = {{name, text}}});
    ASSERT_FALSE(loaded) << name << "=" << text;
    EXPECT_NE(loaded.error().find(name), std::string::npos) << loaded.error();
    EXPECT_NE(loaded.error().find("--"), std::string::npos) << loaded.error();
  }
}

TEST_F(SettingsTest, BracketedAddressesAreIpv6) {
  const auto loaded = load_settings({.file = write(""), .flags = {{"listen", "[::1]:0"}}});
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->settings.listen_host, "::1");
}

TEST_F(SettingsTest, EachSettingHasOneNameInThreeSpellings) {
  for (const auto& row : setting_rows()) {
    EXPECT_TRUE(flag_name(row).starts_with("--"));
    EXPECT_EQ(flag_name(row).find('_'), std::string::npos);
    EXPECT_TRUE(environment_name(row).starts_with("TOLLGATE_"));
  }
}

TEST_F(SettingsTest, SecretFileLosesItsLastLineBreak) {
  const auto path = folder_ / "secret";
  std::ofstream{path} << "s3cret\n";
  // No other thread runs here.
  ::setenv("TG_TEST_SECRET_FILE", path.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
  const auto secret = read_secret("TG_TEST_SECRET");
  ::unsetenv("TG_TEST_SECRET_FILE");  // NOLINT(concurrency-mt-unsafe)
  ASSERT_TRUE(secret) << secret.error();
  EXPECT_EQ(secret->reveal(), "s3cret");
}

}  // namespace
}  // namespace tg::config
