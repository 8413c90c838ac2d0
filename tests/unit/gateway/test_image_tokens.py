"""What an image can come to: no less than by any documented way of counting, and of no use to whoever lies."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.doubles.pictures import picture

from pincite.core.images import DETAILS, Detail, Image
from pincite.gateway import ChatRequest, Message
from pincite.gateway.image_tokens import MOST_TOKENS, most_tokens_of, usual_tokens_of
from pincite.gateway.metering import estimated, expected_tokens, most_tokens

SIDES = st.one_of(st.integers(1, 4_000), st.integers(1, 70_000))
DETAIL = st.sampled_from([None, *DETAILS])


def image(width: int, height: int, detail: Detail | None = None) -> Image:
    return Image("image/png", b"", detail, (width, height))


def by_tiles(width: float, height: float) -> int:
    """As OpenAI says it: to 2,048 by 2,048, then the shorter side to 768, then squares of 512."""
    if max(width, height) > 2048:
        scale = 2048 / max(width, height)
        width, height = max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
    if min(width, height) > 768:
        scale = 768 / min(width, height)
        width, height = math.floor(width * scale), math.floor(height * scale)
    return math.ceil(width / 512) * math.ceil(height / 512)


def by_patches(width: int, height: int, budget: int | None, longest: int) -> int:
    """As OpenAI says it: scaled to a longest side, then to a budget of patches of 32."""
    if max(width, height) > longest:
        scale = longest / max(width, height)
        width, height = max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
    patches = math.ceil(width / 32) * math.ceil(height / 32)
    if budget is None or patches <= budget:
        return patches
    shrink = math.sqrt(32**2 * budget / (width * height))
    wide, high = width * shrink / 32, height * shrink / 32
    shrink *= min(math.floor(wide) / wide, math.floor(high) / high)
    return max(1, math.ceil(math.floor(width * shrink) / 32)) * max(1, math.ceil(math.floor(height * shrink) / 32))


def openai_tokens(width: int, height: int, detail: Detail | None) -> list[int]:
    tiles = 0 if detail == "low" else by_tiles(width, height)
    small = by_patches(width, height, 6_144, 2_048)
    ways = [base + tile * tiles for base, tile in ((85, 170), (70, 140), (75, 150), (2_833, 5_667))]
    ways += [math.ceil(small * times) for times in (1.2, 1.5, 1.62, 1.72, 2.46)]
    if detail == "low":
        return [*ways, math.ceil(1.2 * by_patches(width, height, None, 512))]
    ways += [math.ceil(1.2 * by_patches(width, height, 2_500, longest)) for longest in (2_048, 65_535)]
    if detail in {None, "auto", "original"}:
        ways.append(math.ceil(1.2 * by_patches(width, height, 10_000, 6_000)))
        whole = by_patches(width, height, None, 65_535)
        ways += [math.ceil(1.2 * whole)] if whole <= 30_000 else []
    return ways


def anthropic_tokens(width: int, height: int) -> list[int]:
    ways: list[int] = []
    for edge, most in ((1_568, 1_568), (2_576, 4_784)):
        scale = min(1.0, edge / max(width, height))
        wide, high = max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
        ways.append(min(most, math.ceil(wide / 28) * math.ceil(high / 28)))
        ways.append(min(most, math.ceil(wide * high / 750)))
    return ways


def google_tokens(width: int, height: int) -> list[int]:
    ways = [258, 280, 560, 1_120, 2_240]
    if max(width, height) > 384:
        tiles = math.ceil(width / 768) * math.ceil(height / 768)
        crop = max(1, math.floor(min(width, height) / 1.5))
        ways += [258 * tiles, 258 * math.ceil(width / crop) * math.ceil(height / crop)]
    return [min(each, MOST_TOKENS) for each in ways]  # no image takes more by its tables, whatever its shape


@given(SIDES, SIDES, DETAIL)
def test_nobody_counts_more(width: int, height: int, detail: Detail | None) -> None:
    most = most_tokens_of(image(width, height, detail))
    counted = [*openai_tokens(width, height, detail), *anthropic_tokens(width, height), *google_tokens(width, height)]
    assert max(counted) <= most <= MOST_TOKENS
    assert usual_tokens_of(image(width, height, detail)) <= most


@given(SIDES, SIDES, DETAIL)
def test_it_does_not_matter_how_an_image_is_turned(width: int, height: int, detail: Detail | None) -> None:
    assert most_tokens_of(image(width, height, detail)) == most_tokens_of(image(height, width, detail))


@pytest.mark.parametrize(
    ("size", "detail", "most"),
    [
        ((1_024, 1_024), None, 2_833 + 4 * 5_667),
        ((2_048, 4_096), "high", 2_833 + 6 * 5_667),
        ((512, 512), "auto", 2_833 + 5_667),
        ((1, 1), "low", 2_833),
        ((2**32 - 1, 2**32 - 1), None, MOST_TOKENS),
        ((65_535, 1), None, MOST_TOKENS),
    ],
)
def test_the_examples_of_the_documents(size: tuple[int, int], detail: Detail | None, most: int) -> None:
    assert most_tokens_of(image(*size, detail)) == most


def test_one_of_unknown_size_is_taken_for_the_largest() -> None:
    cut = Image.of(picture("PNG", (10, 10))[:12], "low")
    assert cut is not None
    assert most_tokens_of(cut) == MOST_TOKENS == 48_169


def test_a_request_is_bounded_and_estimated_by_its_images_and_expected_to_be_less() -> None:
    seen = Image.of(picture("PNG", (1_024, 1_024)))
    assert seen is not None
    plain = ChatRequest("", (Message("user", "What is it?\nAnd that?"),), max_tokens=10)
    shown = replace(plain, messages=(Message.shown(("What is it?", seen, "And that?", seen)),))
    each = most_tokens_of(seen)
    assert shown.messages[0].text == plain.messages[0].text
    assert most_tokens(shown)[0] - most_tokens(plain)[0] == 2 * each + 4 * 16
    assert estimated(shown, 0).input_tokens - estimated(plain, 0).input_tokens == 2 * each
    assert expected_tokens(shown) - expected_tokens(plain) == 2 * usual_tokens_of(seen) < 2 * each
