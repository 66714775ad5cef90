// SPDX-License-Identifier: Apache-2.0
#include "identity/common_passwords.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string>

#include "base/secret_bytes.h"

namespace tg::identity {
namespace {

// Words that, with nothing but digits and signs before and behind them, make no password.
constexpr std::string_view kWords[] = {
    "abc",          "abcabc",        "abcd",       "abcdef",     "access",    "account",
    "admin",        "administrator", "alexander",  "amanda",     "andrew",    "angel",
    "anthony",      "apple",         "arsenal",    "ashley",     "asdf",      "asdfgh",
    "august",       "autumn",        "babygirl",   "bailey",     "banana",    "baseball",
    "basketball",   "batman",        "benjamin",   "blink",      "butterfly", "changeit",
    "changeme",     "charlie",       "chelsea",    "chocolate",  "christian", "christmas",
    "company",      "computer",      "cookie",     "correct",    "daniel",    "database",
    "december",     "default",       "demo",       "dragon",     "easter",    "elizabeth",
    "engineer",     "february",      "flower",     "football",   "forever",   "freedom",
    "friday",       "friends",       "gateway",    "george",     "ginger",    "google",
    "guest",        "hello",         "helloworld", "hunter",     "iloveyou",  "internet",
    "january",      "jasmine",       "jennifer",   "jessica",    "jordan",    "joshua",
    "july",         "june",          "justin",     "killer",     "letmein",   "liverpool",
    "login",        "london",        "love",       "lovely",     "maggie",    "manager",
    "march",        "master",        "matrix",     "matthew",    "maverick",  "melissa",
    "mercedes",     "merlin",        "michael",    "michelle",   "microsoft", "minecraft",
    "monday",       "monkey",        "mustang",    "mypassword", "naruto",    "nicole",
    "november",     "october",       "office",     "openai",     "operator",  "orange",
    "owner",        "pass",          "passcode",   "passphrase", "passw",     "password",
    "passwort",     "patrick",       "pepper",     "pokemon",    "princess",  "private",
    "purple",       "qwer",          "qwerty",     "qwertyuiop", "qwertz",    "rainbow",
    "robert",       "root",          "samantha",   "samsung",    "saturday",  "school",
    "secret",       "september",     "server",     "service",    "shadow",    "silver",
    "snoopy",       "soccer",        "sparky",     "spring",     "starwars",  "startrek",
    "summer",       "sunday",        "sunshine",   "superman",   "support",   "sysadmin",
    "system",       "taylor",        "temp",       "temporary",  "test",      "testing",
    "testpassword", "thomas",        "thunder",    "thursday",   "tigger",    "trustno",
    "tuesday",      "user",          "username",   "victoria",   "webmaster", "wednesday",
    "welcome",      "whatever",      "william",    "windows",    "winter",    "yankees",
    "zaq",
};

// Long ones that none of the shapes covers.
constexpr std::string_view kPasswords[] = {
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u8i",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "1qazxsw23edc",
    "1qazxsw23edcvfr4",
    "!qaz2wsx3edc",
    "adminadministrator",
    "administrator1",
    "administratorpassword",
    "adminpassword",
    "adminpassword1",
    "adminpassword123",
    "allyouneedislove",
    "applebottomjeans",
    "areyoukidding",
    "babygirlbabygirl",
    "basketballstar",
    "bettertomorrow",
    "changemenow!",
    "changemeplease",
    "changethispassword",
    "chocolatecake",
    "computerscience",
    "correcthorse",
    "correcthorsebattery",
    "correcthorsebatterystaple",
    "correct horse battery staple",
    "correct-horse-battery-staple",
    "defaultpassword",
    "dontforgetme",
    "enterpassword",
    "footballplayer",
    "forgotpassword",
    "fuckyoufuckyou",
    "fuckyouasshole",
    "gameofthrones",
    "givemeaccess",
    "godisgreat123",
    "hellohellohello",
    "helloworld123",
    "hellokitty123",
    "iamthebest123",
    "idontknow123",
    "iforgotmypassword",
    "ihatepasswords",
    "ihavenopassword",
    "ilovejesus123",
    "ilovemyfamily",
    "ilovemymother",
    "ilovemywife1",
    "iloveyou1234",
    "iloveyouforever",
    "iloveyousomuch",
    "iloveyoubaby",
    "itsasecret123",
    "jesuschrist1",
    "jesusisking1",
    "jesusislord1",
    "justinbieber",
    "justinbieber1",
    "keepitsecret",
    "kissmyass123",
    "letmeinletmein",
    "letmeinnow123",
    "letmeinplease",
    "linkinpark123",
    "liverpoolfc1",
    "lordoftherings",
    "loveyouforever",
    "manchesterunited",
    "maythe4thbewithyou",
    "maytheforcebewithyou",
    "metallica123",
    "michaeljackson",
    "michaeljordan",
    "mustangmustang",
    "mydogsname123",
    "myfavoritepassword",
    "mynameisjohn",
    "mypassword123",
    "mypasswordispassword",
    "mysecretpassword",
    "newpassword1",
    "newpassword123",
    "nopassword123",
    "nothingtosee",
    "onetwothreefour",
    "p4ssw0rdp4ssw0rd",
    "partytime123",
    "passwordadmin",
    "passwordforever",
    "passwordispassword",
    "passwordpassword1",
    "passwordsecret",
    "pleaseletmein",
    "princessprincess",
    "q1w2e3r4t5y6",
    "q1w2e3r4t5y6u7i8",
    "qazwsxedc123",
    "qazwsxedcrfv",
    "qazwsxedcrfvtgb",
    "qwe123qwe123",
    "qweasdzxc123",
    "qweasdzxcqweasdzxc",
    "qwertypassword",
    "realmadrid123",
    "rememberme123",
    "rootpassword",
    "rootroottoor",
    "schoolsucks1",
    "secretpassword",
    "secretsecret1",
    "simplepassword",
    "slipknot6661",
    "spongebob123",
    "starwarsfan1",
    "stayhungrystayfoolish",
    "superadministrator",
    "supersecret!",
    "supersecret123",
    "supersecretpassword",
    "superuser123",
    "temporarypassword",
    "testpassword1",
    "testpassword123",
    "testtesttest1",
    "thebestpassword",
    "thequickbrownfox",
    "thereisnospoon",
    "thisisapassword",
    "thisismypassword",
    "thisissparta",
    "thisissecret",
    "tobeornottobe",
    "topsecret123",
    "trustno1trustno1",
    "undertaker123",
    "unbreakable1",
    "verysecret123",
    "verysecretpassword",
    "welcomehome1",
    "welcomewelcome1",
    "whatismypassword",
    "whatthefuck1",
    "whateverwhatever1",
    "yourpassword",
    "yourpassword1",
    "zaq12wsxcde3",
    "zaq1xsw2cde3",
    "zaq1zaq1zaq1",
    "zxcvbnm12345",
    "zxcvbnmasdfghjkl",
};

// Rows and columns of keyboards, the alphabet, the digits: walked along in either direction.
constexpr std::string_view kWalks[] = {
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop[]",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "yxcvbnm",
    "!@#$%^&*()_+",
    "!\"#$%&/()=",
};

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// As people write words with digits and signs: p@ssw0rd.
char plain_letter(char c) {
  switch (c) {
    case '0': return 'o';
    case '1': return 'i';
    case '3': return 'e';
    case '4': return 'a';
    case '5': return 's';
    case '7': return 't';
    case '@': return 'a';
    case '$': return 's';
    case '!': return 'i';
    default: return c;
  }
}

template <std::size_t kCount>
bool is_among(const std::string_view (&list)[kCount], std::string_view text) {
  return std::ranges::find(list, text) != std::end(list);
}

std::string_view without_ends(std::string_view text) {
  const auto first = std::ranges::find_if(text, is_letter);
  const auto last = std::find_if(text.rbegin(), text.rend(), is_letter).base();
  return first < last ? std::string_view{first, last} : std::string_view{};
}

bool is_word_with_ends(std::string_view text) {
  const auto word = without_ends(text);
  std::string plain{word};
  std::ranges::transform(plain, plain.begin(), plain_letter);
  const bool is_word = is_among(kWords, word) || is_among(kWords, plain);
  wipe(plain);
  return is_word;
}

bool follow(char left, char right) {
  if (left == right) return true;
  const std::array<char, 2> forward{left, right};
  const std::array<char, 2> backward{right, left};
  return std::ranges::any_of(kWalks, [&](std::string_view walk) {
    return walk.contains(std::string_view{forward.data(), 2}) ||
           walk.contains(std::string_view{backward.data(), 2});
  });
}

// Three quarters of its steps lead to the same or a neighbouring character.
bool is_walk(std::string_view text) {
  std::size_t steps = 0;
  for (std::size_t i = 1; i < text.size(); ++i) steps += follow(text[i - 1], text[i]) ? 1 : 0;
  return steps * 4 >= (text.size() - 1) * 3;
}

// One short piece again and again, the last perhaps cut.
bool is_repetition(std::string_view text) {
  for (std::size_t period = 1; period <= text.size() / 2 && period <= 10; ++period) {
    if (text.substr(period) == text.substr(0, text.size() - period)) return true;
  }
  return false;
}

bool has_few_characters(std::string_view text) {
  std::bitset<256> seen;
  for (const char c : text) seen.set(static_cast<unsigned char>(c));
  return seen.count() < 5;
}

}  // namespace

bool is_common_password(std::string_view password) {
  const bool has_letters = std::ranges::any_of(password, is_letter);
  return is_repetition(password) || has_few_characters(password) || is_walk(password) ||
         is_among(kPasswords, password) || (has_letters && is_word_with_ends(password));
}

}  // namespace tg::identity
