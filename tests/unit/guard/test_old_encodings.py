"""Text in encodings from before Unicode comes out as it was written, whatever language it is in."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pincite.guard import DocumentReader, FileType
from pincite.guard.adapters.text import decode

TEXTS = {
    "de": "Die Gebühr für die Prüfung beträgt zwölf Euro. Größere Änderungen müssen schriftlich bestätigt werden.",
    "fr": "L'indemnité est versée à l'échéance prévue. Les frais sont à la charge du propriétaire du bâtiment.",
    "cs": "Příští schůze se koná v úterý. Každý účastník obdrží žádost o příspěvek a může ji vrátit později.",
    "pl": "Wniosek należy złożyć w ciągu siedmiu dni. Każda późniejsza prośba będzie odrzucona bez wyjaśnień.",
    "ru": "Заявление подаётся в течение десяти дней. Плата за хранение вносится до конца каждого месяца.",
    "el": "Η αίτηση υποβάλλεται μέσα σε δέκα ημέρες. Το τέλος αποθήκευσης καταβάλλεται κάθε μήνα στο ταμείο.",
    "he": "את הבקשה יש להגיש בתוך עשרה ימים. דמי האחסון ישולמו עד סוף כל חודש לקופת החברה.",
    "ja": "申請は十日以内に提出してください。保管料は毎月の終わりまでに支払わなければなりません。",
    "ko": "신청서는 열흘 이내에 제출해야 합니다. 보관료는 매월 말일까지 회사에 지급하여야 한다.",
    "zh": "申请应当在十天之内提出。我们的保管费是在每个月的月底以前支付的，不到的人要说明这个情况。",
    "zh-hant": "申請應當在十天之內提出。我們的保管費是在每個月的月底以前支付的，不到的人要說明這個情況。",
}
WRITTEN = [
    ("de", "cp1252"), ("fr", "cp1252"), ("cs", "cp1250"), ("cs", "iso8859_2"), ("pl", "cp1250"), ("pl", "iso8859_2"),
    ("ru", "cp1251"), ("ru", "koi8_r"), ("ru", "cp866"), ("ru", "iso8859_5"), ("ru", "mac_cyrillic"), ("ru", "cp855"),
    ("el", "cp1253"), ("el", "iso8859_7"), ("he", "cp1255"), ("ja", "cp932"), ("ja", "euc_jp"), ("ja", "iso2022_jp"),
    ("ko", "cp949"), ("zh", "gb18030"), ("zh-hant", "big5hkscs"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "encoding"), WRITTEN)
async def test_a_file_in_an_old_encoding_is_read_as_it_was_written(
    reader: DocumentReader, tmp_path: Path, language: str, encoding: str
) -> None:
    path = tmp_path / "note.txt"
    path.write_bytes(TEXTS[language].encode(encoding))
    file_type = await reader.sniff(path, path.name)
    pages = [page async for batch in reader.read(path, file_type) for page in batch.pages]
    assert "\n".join(page.text for page in pages) == TEXTS[language]


# What a document says it is in, and what it is in: as browsers understand it.
DECLARED = [
    ("utf-16", "utf-8", "Café, 20 €"), ("UTF-16LE", "utf-8", "Café"), ("unicode", "utf-8", "Café"),
    ("Shift_JIS", "cp932", "髙橋 ①㈱"), ("windows-31j", "cp932", "髙橋"), ("x-sjis", "cp932", "髙橋"),
    ("gb2312", "gb18030", "朱镕基，价格"), ("GBK", "gb18030", "朱镕基"), ("euc-kr", "cp949", "똠방각하"),
    ("ks_c_5601-1987", "cp949", "똠방각하"), ("iso-8859-9", "cp1254", "“Dünya” – €5 ğ"), ("latin1", "cp1252", "“5 €”"),
    ("tis-620", "cp874", "ภาษาไทย…"), ("big5", "big5hkscs", "香港嘅"), ("x-mac-cyrillic", "mac_cyrillic", "Плата"),
    ("no-such-set", "utf-8", "Café"), ("utf-8", "cp1251", "Плата вносится до конца месяца. Заявление подаётся."),
]  # fmt: skip


@pytest.mark.parametrize(("label", "encoding", "text"), DECLARED)
async def test_a_declared_character_set_is_understood_as_browsers_do(
    reader: DocumentReader, tmp_path: Path, label: str, encoding: str, text: str
) -> None:
    path = tmp_path / "a.html"
    for head in (f'<html><meta charset="{label}">', f'<?xml version="1.0" encoding="{label}"?><html>'):
        path.write_bytes(f"{head}<p>{text}</p></html>".encode(encoding))
        (page,) = [page async for batch in reader.read(path, FileType.HTML) for page in batch.pages]
        assert page.text == text
    if not label.casefold().startswith(("utf-16", "unicode")):
        path.write_bytes(f"From: a@b.c\nContent-Type: text/plain; charset={label}\n\n{text}".encode(encoding))
        (page,) = [page async for batch in reader.read(path, FileType.EML) for page in batch.pages]
        assert page.text.endswith(f"\n\n{text}")


async def test_a_byte_order_mark_outdoes_what_is_declared(reader: DocumentReader, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    for encoding in ("utf-8-sig", "utf-16"):
        path.write_bytes('<html><meta charset="iso-8859-1"><p>Café Плата</p></html>'.encode(encoding))
        (page,) = [page async for batch in reader.read(path, FileType.HTML) for page in batch.pages]
        assert page.text == "Café Плата"


async def test_letters_of_rtf_are_in_the_character_set_of_their_font(reader: DocumentReader, tmp_path: Path) -> None:
    def hexed(text: str, encoding: str) -> str:
        return "".join(f"\\'{byte:02x}" for byte in text.encode(encoding))

    fonts = (
        r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fcharset204 Arial CYR;}"
        r"{\f2\fcharset128 MS Gothic;}{\f3\cpg1250 Old;}}"
    )
    path = tmp_path / "a.rtf"
    path.write_text(
        rf"{{\rtf1\ansi\ansicpg1252\deff1{fonts}{hexed('Плата', 'cp1251')} \f0 {hexed('Gebühr', 'cp1252')} "
        rf"{{\f2 {hexed('髙橋', 'cp932')}}} {hexed('é', 'cp1252')} \f3 {hexed('Příští', 'cp1250')} "
        rf"\plain {hexed('вносится', 'cp1251')}\par}}"
    )
    (page,) = [page async for batch in reader.read(path, FileType.RTF) for page in batch.pages]
    assert page.text == "Плата Gebühr 髙橋 é Příští вносится"


def test_a_few_signs_beyond_ascii_are_read_as_western() -> None:
    assert decode(b"Price: 20 \x80, caf\xe9") == "Price: 20 €, café"


@settings(deadline=None)
@given(st.sampled_from(WRITTEN), st.integers(1, 40))
def test_a_longer_text_is_read_as_its_sentences_are(written: tuple[str, str], times: int) -> None:
    text = "\n".join([TEXTS[written[0]]] * times)
    assert decode(text.encode(written[1])) == text


@settings(deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_become_text_that_can_be_stored(data: bytes) -> None:
    text = decode(data)
    assert "\0" not in text
    assert "\r" not in text
    text.encode()
