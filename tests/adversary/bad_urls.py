"""Addresses that must not be fetched, in every spelling that a program somewhere understands. Made by a table."""

import ipaddress
from collections.abc import Iterator

PRIVATE = (
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "192.0.0.192", "198.18.0.1", "192.0.2.1", "240.0.0.1", "168.63.129.16",
    "100.100.100.200", "172.31.255.255",
)  # fmt: skip
PRIVATE_V6 = (
    "::1", "::", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "fdff::1", "ff02::1", "ff0e::1",
    "2607:f8b0::5efe:10.0.0.1", "2607:f8b0::200:5efe:7f00:1", "2620:4f:8000::1", "2001:db8:1::", "fe80::a9fe:a9fe",
    "100::1", "2001:db8::1", "3fff::1", "5f00::1", "4000::1", "64:ff9b:1::7f00:1", "2001:10::1", "2001:2::1",
)  # fmt: skip
SCHEMES = (
    "file:///etc/passwd", "ftp://example.com/", "gopher://127.0.0.1:6379/_INFO", "dict://127.0.0.1:11211/stat",
    "ldap://127.0.0.1/", "data:text/html,hi", "javascript:alert(1)", "jar:http://127.0.0.1!/", "ws://example.com/",
    "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "view-source:http://127.0.0.1/",
    "url:http://127.0.0.1/", "http:127.0.0.1", "http:/127.0.0.1", "http:///127.0.0.1", "//127.0.0.1", "127.0.0.1",
    "", "http://", "http://?", "http:///", "https://#", "httpss://example.com/", "h ttp://example.com/",
)  # fmt: skip
NAMES = (
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "ｌｏｃａｌｈｏｓｔ", "local\u00adhost", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "metadata.google.internal", "printer.local", "router.home.arpa", "wiki.corp", "nas.lan", "db.localdomain",
    "example..com", ".example.com", "example.com.", "example.com..", "exa mple.com", "exa%6dple.com", "-", "-a.com",
    "a-.com", "xn--a", "a" * 64 + ".com", ".".join(["a" * 60] * 5), "example.com%00.evil", "example.com%2f@evil",
    "[example.com]", "[", "]", "[]", "[::1", "::1", "[::1]a", "[::1%25lo]", "[fe80::1%eth0]", "[v1.x]", "<", "a\u0000b",
    "exam\u200dple.com", "\u202eexample.com", "\ud800.com", "①②⑦.0.0.1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1",
    "1" * 400, "0x", "1.2.3.4.5", "256.256.256.256", "a.0x7f", "a.1", "4294967296",
)  # fmt: skip
PORTS = (
    "22", "25", "6379", "0", "65536", "99999", "80:80", "-1", "+80", "0080", "８０", "٨٠", "", " 80", "80 ", "8080",
    "443x",
)  # fmt: skip
TRICKS = (
    "http://example.com@127.0.0.1/", "http://127.0.0.1@example.com/", "http://user:pass@example.com/",
    "http://:@example.com/", "http://@example.com/", "http://example.com:80@127.0.0.1/", "http://a@b@127.0.0.1/",
    "http://example.com%40127.0.0.1/", "http://example.com\\@127.0.0.1/", "http://example.com\\.127.0.0.1/",
    "http:\\\\127.0.0.1/", "http:/\\127.0.0.1/", "http:\\/127.0.0.1/", "http://127.0.0.1\\.example.com/",
    "http://example.com\t.127.0.0.1/", "http://127.0\n.0.1/", "http://127.0.0.1\r\n/", " http://127.0.0.1/",
    "http://127.0.0.1 /", "http://exam\rple.com/", "http://example.com/\r\nHost: localhost", "http://example.com/a b",
    "http://example.com/\x00", "http://example.com/\x7f", "http://example.com/a\\b", "\x01http://example.com/",
    "http://example.com/" + "a" * 2000, "http://127.0.0.1#@example.com/", "http://127.0.0.1?@example.com/",
    "http://127.0.0.1;@example.com/", "http://example.com;127.0.0.1/", "http://example.com,127.0.0.1/",
    "http://example.com:80%40127.0.0.1/", "http://example.com%2e127.0.0.1%2f/", "http://127%2E0%2E0%2E1/",
    "http://127.0.0.1%2523@example.com/", "http://[::1%25]/", "http://[::ffff:7f00:1%eth0]/", "http://[0:0:0:0:0:0:0:1",
    "http://[::1].example.com/", "http://[127.0.0.1]/", "http://[::127.0.0.1.]/", "http://[::0x7f.0.0.1]/",
    "http://127.0.0.1.:80/", "http://127.0.0.1..:80/", "http://.127.0.0.1/", "http://127..0.0.1/", "http://127.0.0.1:/",
    "http://127.0.0.1:80:/", "http://+127.0.0.1/", "http://127.0.0.-1/", "http://0x7f.1/",
    "http://0177.1/", "http://127.0x1/", "http://0b1111111.0.0.1/", "http://1_27.0.0.1/", "http://127.0.0.1\u200b/",
    "http://127.0.0.1\ufeff/", "\ufeffhttp://127.0.0.1/", "http://\u2488\u2488/", "http://127\u3002\u30020.0.1/",
    "http://\u00b9\u00b2\u2077.0.0.1/", "http://\u0661\u0662\u0667.0.0.1/", "http://ho\u017ft.localhost/",
    "http://\u2100.localhost/", "http://example.com\uff0f@127.0.0.1/", "http://example.com\uff1a80@127.0.0.1/",
    "http://example.com\uff20127.0.0.1/", "http://example.com\uff03@127.0.0.1/", "http://example.com\u2044.localhost/",
    "http://example.com\x85/", "http://example.com\xa0.localhost/", "http://\u2028127.0.0.1/", "hTTp://127.0.0.1/",
    "http\u017f://127.0.0.1/", "\uff48ttp://127.0.0.1/", "http\uff1a//127.0.0.1/", "http:\uff0f\uff0f127.0.0.1/",
    "https://127.0.0.1:443#", "http://127.0.0.1:80?", "http://127.0.0.1;/", "http://127.0.0.1,8.8.8.8/",
    "http://8.8.8.8,127.0.0.1/", "http://8.8.8.8 127.0.0.1/", "http://8.8.8.8%09127.0.0.1/", "http://8.8.8.8%00127.0.0.1/",
    "http://example.com&@127.0.0.1/", "http://{example}.com/", "http://example.com|127.0.0.1/", "http://$HOST/",
    "http://`id`/", "http://*.example.com/", "http://example.com:80:443/", "http://[::1]:80:443/", "http://0/",
)  # fmt: skip


def bad_urls() -> Iterator[str]:
    """Yield every spelling."""
    for address in PRIVATE:
        yield from (f"http://{host}/latest" for host in _spellings(ipaddress.IPv4Address(address)))
    for address in PRIVATE_V6:
        yield f"http://[{address}]/"
        yield f"https://[{ipaddress.IPv6Address(address).exploded.upper()}]:443/"
    yield from SCHEMES
    yield from (f"http://{name}/" for name in NAMES)
    yield from (f"http://example.com:{port}/" for port in PORTS)
    yield from TRICKS


def _spellings(address: ipaddress.IPv4Address) -> Iterator[str]:
    value = int(address)
    parts = [int(part) for part in str(address).split(".")]
    short = f"{value >> 16:x}:{value & 0xFFFF:x}"
    yield str(address)
    yield f"{address}."
    yield str(value)
    yield hex(value)
    yield f"0{value:o}"
    yield str(value + (1 << 32))
    yield ".".join(f"0{part:o}" for part in parts)
    yield ".".join(f"0x{part:x}" for part in parts)
    yield ".".join(f"{part:03}" for part in parts)
    yield f"{parts[0]}.{value & 0xFFFFFF}"
    yield f"{parts[0]}.{parts[1]}.{value & 0xFFFF}"
    yield str(address).translate({ord(str(digit)): ord("０") + digit for digit in range(10)})
    yield "".join(f"%{ord(char):02x}" for char in str(address))
    yield f"[::ffff:{address}]"
    yield f"[::ffff:{short}]"
    yield f"[::{address}]"
    yield f"[::ffff:0:{short}]"
    yield f"[64:ff9b::{address}]"
    yield f"[2002:{short}::1]"
    yield f"[2001:0:4136:e378:8000:63bf:{(value >> 16) ^ 0xFFFF:x}:{(value & 0xFFFF) ^ 0xFFFF:x}]"
