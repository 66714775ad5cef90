// SPDX-License-Identifier: Apache-2.0
#include "tokens/audio_duration.h"

#include <gtest/gtest.h>

#include <bit>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tg::tokens {
namespace {

using namespace std::string_literals;

using Length = std::optional<std::int64_t>;

std::string little(std::uint64_t number, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) bytes += static_cast<char>(number >> 8 * i);
  return bytes;
}

std::string big(std::uint64_t number, int width) {
  auto bytes = little(number, width);
  return {bytes.rbegin(), bytes.rend()};
}

std::string chunk(std::string_view name, std::string_view payload) {
  return std::string(name) + little(payload.size(), 4) + std::string(payload) +
         std::string(payload.size() & 1, '\0');
}

std::string wav_format(int coding, int channels, int rate, int stated_bytes_per_second, int bits) {
  return little(coding, 2) + little(channels, 2) + little(rate, 4) +
         little(stated_bytes_per_second, 4) + little(channels * bits / 8, 2) + little(bits, 2);
}

std::string wav(std::string_view format, std::string_view data_chunk) {
  return "RIFF" + little(0, 4) + "WAVE" + chunk("LIST", "odd") + chunk("fmt ", format) +
         std::string(data_chunk);
}

// MPEG-1 layer III, 128 kbit/s, 44.1 kHz, stereo: 417 bytes and 1152 samples each.
std::string mp3_frame(std::string_view payload = "") {
  auto frame = "\xFF\xFB\x90\x00"s + std::string(payload);
  frame.resize(417);
  return frame;
}

std::string repeat(std::string_view piece, int times) {
  std::string bytes;
  for (int i = 0; i < times; ++i) bytes += piece;
  return bytes;
}

std::string id3(std::string_view payload) {
  return "ID3\x04\0\0"s + big((payload.size() >> 7 << 8) | (payload.size() & 0x7F), 4) +
         std::string(payload);
}

std::string flac(std::uint64_t rate, std::uint64_t samples) {
  return "fLaC" + big(34, 4) + std::string(10, '\0') + big(rate << 44 | samples, 8) +
         std::string(16, '\0');
}

std::string ogg_page(int flags, std::uint64_t granule, int serial, std::string_view payload) {
  return "OggS"s + '\0' + little(flags, 1) + little(granule, 8) + little(serial, 4) + little(0, 8) +
         '\x01' + little(payload.size(), 1) + std::string(payload);
}

std::string opus_head(int skipped) {
  return "OpusHead\x01\x02"s + little(skipped, 2) + little(16'000, 4) + std::string(3, '\0');
}

std::string vorbis_head(int rate) {
  return "\x01vorbis"s + little(0, 4) + '\x01' + little(rate, 4) + std::string(14, '\0');
}

std::string box(std::string_view name, std::string_view payload) {
  return big(payload.size() + 8, 4) + std::string(name) + std::string(payload);
}

std::string media_header(std::uint64_t rate, std::uint64_t units, int version = 0) {
  const int width = version == 1 ? 8 : 4;
  return big(version, 1) + big(0, 3) + big(0, width) + big(0, width) + big(rate, 4) +
         big(units, width) + std::string(80, '\0');
}

const std::string kFileType = box("ftyp", "M4A \0\0\2\0isom"s);

std::string element(std::uint64_t id, int id_width, std::string_view payload) {
  return big(id, id_width) + big(payload.size() | 0x1000'0000, 4) + std::string(payload);
}

std::string of_unknown_size(std::uint64_t id, std::string_view payload) {
  return big(id, 4) + "\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF" + std::string(payload);
}

std::string webm_info(std::optional<float> ticks) {
  auto fields = element(0x2AD7B1, 3, big(1'000'000, 3));
  if (ticks) fields += element(0x4489, 2, big(std::bit_cast<std::uint32_t>(*ticks), 4));
  return element(0x1549A966, 4, fields);
}

std::string cluster(int ticks, int block_ticks) {
  return of_unknown_size(0x1F43B675,
                         element(0xE7, 1, big(ticks, 2)) + element(0xA3, 1,
                                                                   "\x81" + big(block_ticks, 2) +
                                                                       "\x80"
                                                                       "sound"));
}

std::string webm(std::string_view segment) {
  return element(0x1A45DFA3, 4, "") + of_unknown_size(0x18538067, segment);
}

std::string fixture(const std::filesystem::path& name) {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "testdata" / name,
                     std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::vector<std::string>& one_of_each() {
  static const std::vector<std::string> kFiles{
      wav(wav_format(1, 2, 8000, 32'000, 16), chunk("data", std::string(3200, 'x'))),
      id3("picture") + repeat(mp3_frame(), 5),
      flac(44'100, 66'150),
      ogg_page(2, 0, 7, opus_head(312)) + ogg_page(0, 24'312, 7, "a") + ogg_page(4, 48'312, 7, "b"),
      kFileType + box("mdat", "sound") + box("moov", box("mvhd", media_header(1000, 1500))),
      webm(webm_info(1500) + cluster(0, 20) + cluster(1000, 480)),
  };
  return kFiles;
}

TEST(AudioDuration, FormatsAreKnownByTheirFirstBytes) {
  const std::vector<std::string> names{"wav", "mp3", "flac", "ogg", "m4a", "webm"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(audio_format(one_of_each()[i]), names[i]);
  }
  EXPECT_EQ(audio_format(repeat(mp3_frame(), 2)), "mp3");
  EXPECT_EQ(audio_format(id3("x") + flac(8000, 1)), "flac");
  for (const auto& other : {""s, "RIFF\0\0\0\0AVI "s, "\xFF\xF1\x50\x80"s, "{\"a\":1}"s}) {
    EXPECT_EQ(audio_format(other), "");
    EXPECT_EQ(audio_milliseconds(other), Length{});
  }
}

TEST(AudioDuration, WavIsCountedByItsSamplesNotItsStatedByteRate) {
  const auto data = chunk("data", std::string(16'001, 'x'));
  EXPECT_EQ(audio_milliseconds(wav(wav_format(1, 1, 8000, 999'999, 16), data)), 1001);
  EXPECT_EQ(audio_milliseconds(wav(wav_format(7, 2, 8000, 0, 8), data)), 1001);
  EXPECT_EQ(audio_milliseconds(wav(wav_format(0x11, 1, 8000, 4000, 4), data)), 4001);
  EXPECT_EQ(audio_milliseconds(wav(wav_format(1, 0, 8000, 16'000, 16), data)), Length{});
}

TEST(AudioDuration, ExtensibleWavIsWhatItsSubformatSays) {
  const auto extension = little(22, 2) + little(24, 2) + little(4, 4) + little(1, 2) + "guid";
  EXPECT_EQ(audio_milliseconds(wav(wav_format(0xFFFE, 1, 8000, 1, 24) + extension,
                                   chunk("data", std::string(24'000, 'x')))),
            1000);
}

TEST(AudioDuration, WavWithoutOrWithTooLargeASizeEndsWithTheFile) {
  for (const std::uint64_t size : {0ULL, 0xFFFFFFFFULL, 0xFFFFFFF0ULL, 9000ULL}) {
    EXPECT_EQ(audio_milliseconds(wav(wav_format(1, 1, 8000, 8000, 8),
                                     "data" + little(size, 4) + std::string(8000, 'x'))),
              1000);
  }
}

TEST(AudioDuration, Mp3FramesAreCountedAndTheIndexAndTagsAreNot) {
  // 100 × 1152 / 44100 s = 2612.2 ms.
  const auto frames = repeat(mp3_frame(), 100);
  EXPECT_EQ(audio_milliseconds(frames), 2613);
  EXPECT_EQ(audio_milliseconds(id3("") + id3(std::string(300, '\xFF')) + frames), 2613);
  EXPECT_EQ(audio_milliseconds(frames + "TAG" + std::string(125, ' ')), 2613);
  for (const auto* name : {"Xing", "Info", "VBRI"}) {
    const auto index = std::string(32, '\0') + name + "\0\0\0\1"s + big(1, 4);
    EXPECT_EQ(audio_milliseconds(mp3_frame(index) + frames), 2613) << name;
  }
}

TEST(AudioDuration, Mp3IsCountedOnBehindDamageAndAcrossRates) {
  const auto frames = repeat(mp3_frame(), 50);
  EXPECT_EQ(audio_milliseconds(frames + std::string(1000, 'x') + frames), 2613);
  auto slower = "\xFF\xF3\x40\xC0"s;  // MPEG-2 layer III, 32 kbit/s, 22.05 kHz, 576 samples
  slower.resize(104);
  EXPECT_EQ(audio_milliseconds(frames + repeat(slower, 50)), 2613);
}

TEST(AudioDuration, FlacSaysHowManySamplesItHas) {
  EXPECT_EQ(audio_milliseconds(flac(44'100, 66'150)), 1500);
  EXPECT_EQ(audio_milliseconds(id3("x") + flac(96'000, 1)), 1);
  EXPECT_EQ(audio_milliseconds(flac(0, 66'150)), Length{});
  EXPECT_EQ(audio_milliseconds(flac(1, 0xF'FFFF'FFFF)), Length{});
}

TEST(AudioDuration, FlacOfUnknownLengthWithADamagedLastFrameHasNone) {
  auto file = fixture("streamed.flac");
  ASSERT_FALSE(file.empty());
  file.back() = static_cast<char>(file.back() ^ 1);
  EXPECT_EQ(audio_milliseconds(file), Length{});
  EXPECT_EQ(audio_milliseconds(flac(44'100, 0)), Length{});
}

TEST(AudioDuration, OggEndsAtItsLastGranuleWithoutWhatOpusSkips) {
  EXPECT_EQ(audio_milliseconds(one_of_each()[3]), 1000);
  EXPECT_EQ(audio_milliseconds(ogg_page(2, 0, 1, vorbis_head(22'050)) +
                               ogg_page(0, 44'100, 1, "a") + ogg_page(0, UINT64_MAX, 1, "b")),
            2000);
  EXPECT_EQ(audio_milliseconds(ogg_page(2, 0, 1, vorbis_head(1)) + ogg_page(0, INT64_MAX, 1, "a")),
            Length{});
  EXPECT_EQ(audio_milliseconds(ogg_page(2, 0, 1, "\x80theora") + ogg_page(0, 9000, 1, "a")),
            Length{});
}

TEST(AudioDuration, ChainedOggStreamsAddUpAndInterleavedOnesDoNot) {
  const auto one = ogg_page(2, 0, 1, opus_head(0)) + ogg_page(4, 48'000, 1, "a");
  const auto two = ogg_page(2, 0, 2, vorbis_head(8000)) + ogg_page(4, 4000, 2, "a");
  EXPECT_EQ(audio_milliseconds(one + "damage" + two), 1500);
  EXPECT_EQ(
      audio_milliseconds(ogg_page(2, 0, 1, opus_head(0)) + ogg_page(2, 0, 2, vorbis_head(8000)) +
                         ogg_page(0, 48'000, 1, "a") + ogg_page(0, 80'000, 2, "a")),
      1000);
}

TEST(AudioDuration, Mp4SaysItInTheMovieHeaderWhereverThatStands) {
  const auto movie = box("moov", box("mvhd", media_header(600, 900)));
  EXPECT_EQ(audio_milliseconds(kFileType + movie + box("mdat", "sound")), 1500);
  EXPECT_EQ(audio_milliseconds(kFileType + box("mdat", "sound") + movie), 1500);
  EXPECT_EQ(audio_milliseconds(kFileType + big(1, 4) + "mdat" + big(21, 8) + "sound" + movie),
            1500);
  EXPECT_EQ(audio_milliseconds(kFileType + box("moov", box("mvhd", media_header(600, 900, 1)))),
            1500);
}

TEST(AudioDuration, Mp4WithoutALengthInItsMovieHeaderMaySayItElsewhere) {
  const auto empty = box("mvhd", media_header(1000, 0));
  const auto track = box("trak", box("mdia", box("mdhd", media_header(8000, 16'000))));
  EXPECT_EQ(audio_milliseconds(kFileType + box("moov", empty + track)), 2000);
  const auto extended = box("mvex", box("mehd", big(0, 4) + big(2500, 4)));
  EXPECT_EQ(audio_milliseconds(kFileType + box("moov", empty + extended)), 2500);
  EXPECT_EQ(audio_milliseconds(kFileType + box("moov", empty)), Length{});
  EXPECT_EQ(
      audio_milliseconds(kFileType + box("moov", box("mvhd", media_header(1000, UINT32_MAX)))),
      Length{});
}

TEST(AudioDuration, Mp4FragmentsOfTheFirstTrackAddUp) {
  const auto track = [](int id, int rate) {
    return box("trak", box("tkhd", std::string(12, '\0') + big(id, 4)) +
                           box("mdia", box("mdhd", media_header(rate, 0))));
  };
  const auto fragment = [](int id, std::string_view run) {
    return box("moof", box("traf", box("tfhd", big(0, 4) + big(id, 4)) + box("trun", run)));
  };
  const auto defaults = box("mvex", box("trex", big(0, 4) + big(1, 4) + big(1, 4) + big(100, 4)));
  const auto file = kFileType + box("moov", box("mvhd", media_header(1000, 0)) + track(1, 8000) +
                                                track(2, 1) + defaults);
  const auto by_default = big(0, 4) + big(40, 4);
  const auto by_sample =
      big(0x300, 4) + big(2, 4) + big(7000, 4) + big(9, 4) + big(1000, 4) + big(9, 4);
  EXPECT_EQ(audio_milliseconds(file + fragment(1, by_default) + fragment(2, by_sample) +
                               fragment(1, by_sample)),
            1500);
  const auto lie = fragment(1, big(0, 4) + big(UINT32_MAX, 4));
  EXPECT_EQ(audio_milliseconds(file + lie + lie), Length{});
}

TEST(AudioDuration, Mp4BoxesInBoxesEndAtALimit) {
  auto nested = box("mvhd", media_header(1000, 1500));
  for (int depth = 0; depth < 10'000; ++depth) nested = box("moov", nested);
  EXPECT_EQ(audio_milliseconds(kFileType + nested), Length{});
}

TEST(AudioDuration, WebmSaysItOrIsAsLongAsItsBlocksReach) {
  EXPECT_EQ(audio_milliseconds(webm(webm_info(1500))), 1500);
  EXPECT_EQ(audio_milliseconds(webm(webm_info({}) + cluster(0, 20) + cluster(1000, 480))), 1480);
  EXPECT_EQ(audio_milliseconds(webm(webm_info(10) + cluster(0, 20) + cluster(1000, 480))), 1480);
  EXPECT_EQ(audio_milliseconds(webm(webm_info({}))), Length{});
  for (const float lie : {-1.0F, 1e30F, std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(audio_milliseconds(webm(webm_info(lie))), Length{}) << lie;
  }
}

TEST(AudioDuration, ACutFileIsNeverLongerThanTheWhole) {
  for (const auto& file : one_of_each()) {
    const auto whole = audio_milliseconds(file);
    ASSERT_TRUE(whole);
    for (std::size_t size = 0; size < file.size(); ++size) {
      // A copy of just these bytes, so that a sanitizer sees any look beyond them.
      const std::string cut(file, 0, size);
      EXPECT_LE(audio_milliseconds(cut).value_or(0), *whole) << audio_format(file) << " " << size;
    }
  }
}

TEST(AudioDuration, DamagedFilesHaveNoLengthOrOneWithinAWeek) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (const auto& file : one_of_each()) {
    for (int round = 0; round < 2000; ++round) {
      auto damaged = file;
      for (int i = 0; i < 4; ++i) {
        damaged[random() % std::min<std::size_t>(damaged.size(), 200)] =
            static_cast<char>(random() % 3 == 0 ? 0xFF : random());
      }
      const auto length = audio_milliseconds(damaged).value_or(0);
      EXPECT_GE(length, 0);
      EXPECT_LE(length, 7LL * 24 * 60 * 60 * 1000);
    }
  }
}

struct Recording {
  const char* name;
  std::int64_t milliseconds_min;
  std::int64_t milliseconds_max;
};

class Recordings : public testing::TestWithParam<Recording> {};

// Made with ffmpeg; lossy codecs pad to whole frames, of up to 72 ms at 16 kHz.
TEST_P(Recordings, AreAsLongAsTheyPlay) {
  const auto length = audio_milliseconds(fixture(GetParam().name));
  ASSERT_TRUE(length);
  EXPECT_GE(*length, GetParam().milliseconds_min);
  EXPECT_LE(*length, GetParam().milliseconds_max);
}

INSTANTIATE_TEST_SUITE_P(
    AudioDuration, Recordings,
    testing::Values(Recording{"cbr.mp3", 1250, 1400}, Recording{"vbr.mp3", 1250, 1400},
                    Recording{"opus.ogg", 1250, 1251}, Recording{"vorbis.ogg", 1250, 1251},
                    Recording{"sine.flac", 500, 500}, Recording{"streamed.flac", 500, 500},
                    Recording{"moov_last.m4a", 1250, 1330}, Recording{"fragments.m4a", 1250, 1330},
                    Recording{"moov_first.m4a", 1250, 1330}, Recording{"sine.webm", 1240, 1290},
                    Recording{"live.webm", 1200, 1290}, Recording{"streamed.wav", 735, 750},
                    Recording{"extensible.wav", 200, 200}),
    [](const auto& recording) {
      std::string name = recording.param.name;
      name[name.find('.')] = '_';
      return name;
    });

}  // namespace
}  // namespace tg::tokens
