# SPDX-License-Identifier: Apache-2.0
"""What must never be read in two ways: requests that are refused, and those that look odd and are
not. REFUSED and ACCEPTED stand behind a request line with Host; REFUSED_WHOLE stand alone.

Name → statuses of which one must come, and the bytes. Collected from RFC 9112, 11.2, and from what
proxies have got wrong: two lengths, lengths that are no plain number, codings that only one reader
knows, line ends that only one reader takes for one, names that only one reader reads as framing.
"""
from __future__ import annotations

from raw import BODY, CHUNKED, LENGTH

Shapes = dict[str, tuple[set[int], bytes]]

CODING = b"Transfer-Encoding: chunked\r\n\r\n"
UNREAD = {400, 501}  # a coding that we do not know


def length(value: bytes, body: bytes = b"hello") -> bytes:
    return b"Content-Length:" + value + b"\r\n\r\n" + body


def coding(value: bytes) -> bytes:
    return b"Transfer-Encoding:" + value + b"\r\n\r\n" + CHUNKED


def chunks(data: bytes) -> bytes:
    return CODING + data


REFUSED: Shapes = {
    "length and chunked": ({400}, LENGTH + CODING + CHUNKED),
    "length of 5 and chunked": ({400}, b"Content-Length: 5\r\n" + CODING + b"0\r\n\r\nX"),
    "chunked and length": ({400}, b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNKED),
    "two different lengths": ({400}, LENGTH + b"Content-Length: 6\r\n\r\n" + BODY),
    "two equal lengths": ({400}, LENGTH + LENGTH + b"\r\n" + BODY),
    **{f"length {value!r}": ({400}, length(b" " + value)) for value in (
        b"5, 5", b"5,6", b"5,", b"+5", b"-5", b"-0", b"0x5", b"0o5", b"5_0", b"5 0", b"5a",
        "५".encode(), b"", b"005", b"00", b"5;", b'"5"', b"5.0", b"5\x00", b"\x0b5")},
    "length of 2^64+5": ({400, 413}, length(b" 18446744073709551621")),
    "length of 40 digits": ({400, 413}, length(b" " + b"9" * 40)),
    "space before length's colon": ({400}, b"Content-Length : 5\r\n\r\nhello"),
    "space before chunked's colon": ({400}, b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKED),
    "tab before chunked's colon": ({400}, b"Transfer-Encoding\t: chunked\r\n\r\n" + CHUNKED),
    "folded line": ({400}, b"X: a\r\n Transfer-Encoding: chunked\r\n\r\n" + CHUNKED),
    "value in a folded line": ({400}, coding(b"\r\n chunked")),
    "folded with a tab": ({400}, b"X: a\r\n\tTransfer-Encoding: chunked\r\n\r\n" + CHUNKED),
    **{f"coding {value!r}": (UNREAD, coding(b" " + value)) for value in (
        b"xchunked", b"chunke", b'"chunked"', b"chunked;q=1", b"chunked, identity", b"identity",
        b"gzip, chunked", b"chunked, chunked", b",chunked", b"chunked,", b"", b"\x0bchunked",
        b"\x0cchunked", b"chunked\x00", b"\x01chunked", b"chunked\x7f", b"\xa0chunked",
        b"chunked\xa0", "chun\u212aed".encode(), b"chunked\x0b", b"chun ked", b"deflate")},
    "identity with a length": (UNREAD, b"Transfer-Encoding: identity\r\n" + LENGTH + b"\r\n" +
                               BODY),
    "no coding with a length": (UNREAD, b"Transfer-Encoding:\r\n" + LENGTH + b"\r\n" + BODY),
    "two codings": ({400}, b"Transfer-Encoding: chunked\r\n" + CODING + CHUNKED),
    "coding with an underscore": ({400}, b"Transfer_Encoding: chunked\r\n" + LENGTH + b"\r\n" +
                                  BODY),
    "length with an underscore": ({400}, b"Content_Length: 9\r\n" + LENGTH + b"\r\n" + BODY),
    "name that is no token": ({400}, b"Transfer-Encod\xc4\xb1ng: chunked\r\n\r\n" + CHUNKED),
    "bare carriage return": ({400}, b"X: a\rTransfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" +
                             BODY),
    "bare line feed": ({400}, b"X: a\nTransfer-Encoding: chunked\r\n" + LENGTH + b"\r\n" + BODY),
    "head ends in two line feeds": ({400}, b"X: a\n\n" + BODY),
    "head ends in a bare line feed": ({400}, LENGTH + b"\n" + BODY),
    "zero byte in a value": ({400}, b"X: a\x00b\r\n" + LENGTH + b"\r\n" + BODY),
    "empty name": ({400}, b": a\r\n" + LENGTH + b"\r\n" + BODY),
    "line without a colon": ({400}, b"nothing\r\n" + LENGTH + b"\r\n" + BODY),
    "parenthesis in a name": ({400}, b"X(a): b\r\n" + LENGTH + b"\r\n" + BODY),
    "name of 8 KiB": ({400, 431}, b"X" * 8192 + b": a\r\n" + LENGTH + b"\r\n" + BODY),
    "101 fields": ({431}, b"X: a\r\n" * 101 + LENGTH + b"\r\n" + BODY),
    **{f"chunk size {size!r}": ({400}, chunks(size + b"\r\nhello\r\n0\r\n\r\n")) for size in (
        b"0x5", b"5_", b"+5", b"-1", b" 5", b"5 ", b"", b"G", b"\t5", b"5\x00", b"5,")},
    "chunk size of 17 digits": ({400, 413}, chunks(b"FFFFFFFFFFFFFFFF1\r\nhello\r\n0\r\n\r\n")),
    "chunk size of 2^64": ({400, 413}, chunks(b"10000000000000000\r\nhello\r\n0\r\n\r\n")),
    "chunk longer than its size": ({400}, chunks(b"5\r\nhelloXX\r\n0\r\n\r\n")),
    "chunk shorter than its size": ({400}, chunks(b"5\r\nhell\r\n0\r\n\r\n")),
    "no line end behind a chunk": ({400}, chunks(b"5\r\nhello0\r\n\r\n")),
    "chunk size ends in a line feed": ({400}, chunks(b"5\nhello\r\n0\r\n\r\n")),
    "chunk ends in a line feed": ({400}, chunks(b"5\r\nhello\n0\r\n\r\n")),
    "last chunk ends in a line feed": ({400}, chunks(b"0\n\r\n")),
    **{f"chunk extension {text!r}": ({400}, chunks(b"5" + text + b"\r\nhello\r\n0\r\n\r\n"))
       for text in (b";a=\x00", b";a\rb", b";a\nb", b"\r\r;a")},
    "64 KiB of chunk extensions": ({400, 413}, chunks(
        b"1;" + b"a" * 65536 + b"\r\n{\r\n0\r\n\r\n")),
    "64 KiB of chunk extensions in many": ({400, 413}, chunks(
        (b"1;" + b"a" * 1000 + b"\r\n \r\n") * 70 + b"0\r\n\r\n")),
    "second Host": ({400}, b"Host: other\r\n" + LENGTH + b"\r\n" + BODY),
    "same Host again": ({400}, b"Host: h\r\n" + LENGTH + b"\r\n" + BODY),
    "unknown expectation": ({417}, b"Expect: x\r\n" + LENGTH + b"\r\n" + BODY),
}

ACCEPTED: dict[str, bytes] = {
    "length": LENGTH + b"\r\n" + BODY,
    "length among spaces": b"Content-Length:\t%d \r\n\r\n" % len(BODY) + BODY,
    "chunked": CODING + CHUNKED,
    "chunked in capitals": b"Transfer-Encoding: CHUNKED\r\n\r\n" + CHUNKED,
    "zeros before a chunk size": CODING + b"0000" + CHUNKED,
    "chunk extension": CODING + b"%x;a=\"b;c\"\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
    "a chunk for each byte": CODING + b"".join(
        b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n",
    "trailers": CODING + CHUNKED[:-2] + b"X-Checksum: 1\r\n\r\n",
    "trailers that would be framing": CODING + CHUNKED[:-2] +
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: other\r\n"
    b"Authorization: Bearer nobody\r\n\r\n",
    "Upgrade, which nobody takes up": b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + LENGTH +
    b"\r\n" + BODY,
}

S = b"POST /v1/chat/completions HTTP/1.1\r\n"
REFUSED_WHOLE: Shapes = {
    "no Host": ({400}, b"GET /readyz HTTP/1.1\r\n\r\n"),
    **{f"Host {value!r}": ({400}, b"GET /readyz HTTP/1.1\r\nHost: " + value + b"\r\n\r\n")
       for value in (b"a,b", b"u@h", b"h/p", b"", b"h h", b"h:", b"h:x", b"h:99999", b"[::1")},
    "two spaces": ({400}, b"GET  /readyz HTTP/1.1\r\nHost: h\r\n\r\n"),
    "tab in the request line": ({400}, b"GET\t/readyz HTTP/1.1\r\nHost: h\r\n\r\n"),
    "something behind the version": ({400}, b"GET /readyz HTTP/1.1 x\r\nHost: h\r\n\r\n"),
    "version in small letters": ({400, 505}, b"GET /readyz http/1.1\r\nHost: h\r\n\r\n"),
    "version 1.10": ({400, 505}, b"GET /readyz HTTP/1.10\r\nHost: h\r\n\r\n"),
    "version 2.0": ({505}, b"GET /readyz HTTP/2.0\r\nHost: h\r\n\r\n"),
    "no version": ({400}, b"GET /readyz\r\nHost: h\r\n\r\n"),
    "method in small letters": ({400, 501}, b"get /readyz HTTP/1.1\r\nHost: h\r\n\r\n"),
    "HTTP/2 preface": ({400, 505}, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    **{f"target {target!r}": ({400}, b"GET " + target + b" HTTP/1.1\r\nHost: h\r\n\r\n")
       for target in (b"/ready\x00z", b"/ready\x01z", b"/ready\x7fz", b"/ready\xc3\xa9",
                      b"/readyz#a", b"/ready\\z", b"/ready%00z", b"/ready%0d%0az",
                      b"/ready%c0%afz", b"//readyz", b"readyz", b"/a/../readyz", b"/./readyz",
                      b"http://other/readyz", b"*", b"other:80")},
    "chunked in HTTP/1.0": ({400}, b"POST /v1/models HTTP/1.0\r\nHost: h\r\n" + CODING +
                            b"0\r\n\r\n"),
    "leading field": ({400}, S + b" Transfer-Encoding: chunked\r\nHost: h\r\n\r\n" + CHUNKED),
    "leading field after a tab": ({400}, S + b"\tTransfer-Encoding: chunked\r\nHost: h\r\n\r\n" +
                                  CHUNKED),
    "two empty lines first": ({400}, b"\r\n\r\nGET /readyz HTTP/1.1\r\nHost: h\r\n\r\n"),
    "head too large": ({400, 431}, b"GET /readyz HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 100_000 +
                       b"\r\n\r\n"),
}

# Each stands once before, within and behind a framing field's name and value.
MUTATIONS = [bytes([byte]) for byte in [*range(0x01, 0x21), 0x00, 0x7f, 0x80, 0xa0, 0xff]] + [
    b"_", b'"', b"'", b"-", b",", b";", b":", b"\r\n", b"\r\n ", "ı".encode(), b"x", b"\r\nX: "]


def mutate(name: bytes, value: bytes) -> dict[str, bytes]:
    """The field's line with one odd thing in one place."""
    mutated = {}
    half = len(name) // 2
    for odd in MUTATIONS:
        for place, line in {
            "before the name": odd + name + b": " + value,
            "in the name": name[:half] + odd + name[half:] + b": " + value,
            "before the colon": name + odd + b": " + value,
            "behind the colon": name + b":" + odd + value,
            "in the value": name + b": " + value[:1] + odd + value[1:],
            "behind the value": name + b": " + value + odd,
        }.items():
            mutated[f"{odd!r} {place}"] = line + b"\r\n"
    return mutated
