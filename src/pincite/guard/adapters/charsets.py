"""The character sets that documents name, as browsers understand the names. Pure; decoding itself is in `text.py`.

Source: WHATWG Encoding Standard, "Names and labels". Many names stand for more than they say: who writes "gb2312" or
"iso-8859-1" has the signs of GB 18030 and Windows-1252 in the text.
"""

import codecs

# A codec and its labels, but for those that Python's own names cover.
_TABLE = """
utf-8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8
utf-16-be unicodefffe utf-16be utf-16-be
utf-16-le csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le utf-16-le
cp866 866 csibm866 ibm866
iso8859_2 csisolatin2 iso-ir-101 iso88592
iso8859_3 csisolatin3 iso-ir-109 iso88593
iso8859_4 csisolatin4 iso-ir-110 iso88594
iso8859_5 csisolatincyrillic iso-ir-144 iso88595
iso8859_6 asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6-e iso-8859-6-i iso-ir-127 iso88596
iso8859_7 csisolatingreek ecma-118 elot_928 greek8 iso-ir-126 iso88597 sun_eu_greek
iso8859_8 csiso88598e csiso88598i csisolatinhebrew iso-8859-8-e iso-8859-8-i iso-ir-138 iso88598 logical visual
iso8859_10 csisolatin6 iso-ir-157 iso885910
iso8859_13 iso885913
iso8859_14 iso885914
iso8859_15 csisolatin9 iso885915
koi8_r cskoi8r koi koi8
koi8_u koi8-ru
mac_roman csmacintosh mac macintosh x-mac-roman
mac_cyrillic x-mac-cyrillic x-mac-ukrainian
cp874 dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 tis620 windows-874
cp1250 x-cp1250
cp1251 x-cp1251
cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 latin-1
cp1252 x-cp1252
cp1253 x-cp1253
cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 x-cp1254
cp1255 x-cp1255
cp1256 x-cp1256
cp1257 x-cp1257
cp1258 x-cp1258
gb18030 chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk cp936 windows-936
big5hkscs big5 big5-hkscs cn-big5 csbig5 x-x-big5
euc_jp cseucpkdfmtjapanese x-euc-jp
iso2022_jp csiso2022jp
cp932 csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis
cp949 cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949
"""
_LABELS = {label: line.split()[0] for line in _TABLE.strip().split("\n") for label in line.split()[1:]}
# Who says ASCII says nothing: signs beyond it are in whatever the system had. The others are no character sets; some
# are slow beyond all measure on long texts.
_NO_TEXT = frozenset({"ascii", "punycode", "idna", "unicode_escape", "raw-unicode-escape", "raw_unicode_escape",
                      "undefined", "unicode-escape"})  # fmt: skip
_PAGES = {
    936: "gb18030", 10_000: "mac_roman", 10_007: "mac_cyrillic", 20_866: "koi8_r", 21_866: "koi8_u", 28_591: "cp1252",
    28_592: "iso8859_2", 28_595: "iso8859_5", 28_597: "iso8859_7", 28_599: "cp1254", 28_605: "iso8859_15",
    50_220: "iso2022_jp", 50_221: "iso2022_jp", 51_932: "euc_jp", 51_949: "cp949", 54_936: "gb18030", 65_001: "utf-8",
}  # fmt: skip


def codec_of(label: str) -> str:
    """Return the codec for what a document calls its character set, "" for what is none or says nothing."""
    name = label.strip().casefold()
    if name in _LABELS:
        return _LABELS[name]
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return "" if codec in _NO_TEXT else codec


def codec_of_page(page: int) -> str:
    """Return the codec for the number of a code page of Windows, "" for one that is not known."""
    return _PAGES.get(page) or codec_of(f"cp{page}")
