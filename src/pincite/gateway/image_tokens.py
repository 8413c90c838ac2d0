"""How many tokens an image can come to at most, whoever's model looks at it, and how many it usually does. Pure.

The most is what is reserved before a call, and what is billed where a provider says nothing; so it is no less than
any of the documented ways of counting, as of November 2026:

- OpenAI, developers.openai.com/api/docs/guides/images-vision. By tiles (gpt-4o, gpt-4.1, gpt-5.1, o3): scaled down to
  2,048 by 2,048 pixels, then until its shorter side is 768; a base and so much for each square of 512 pixels, at most
  2,833 and 5,667 (gpt-4o-mini), at `low` the base alone. By patches of 32 pixels (gpt-5.2 and later, and the small
  ones from gpt-4.1-mini on): times 2.46 at most (gpt-4.1-nano) where it is scaled down to 2,048 pixels, times 1.2 where
  it is not; of these 2,500 at most at `high`, and 30,000 at `auto` and `original`, above which a request is refused.
- Anthropic, platform.claude.com/docs/en/build-with-claude/vision: one for each patch of 28 pixels, at most 4,784;
  before, one for each 750 pixels.
- Google, ai.google.dev/gemini-api/docs/image-understanding and /media-resolution: 258 for each tile, which is of 768
  pixels or of two thirds of the shorter side; at most 2,240 since Gemini 3.
- Servers of open models: Qwen's are the most, one for each patch of 28 pixels, at most 16,384.

Where nobody says how large an image is, it is taken for the largest: 2,833 and eight tiles of 5,667.
"""

from pincite.core.image_size import Size
from pincite.core.images import Image

MOST_TOKENS = 2_833 + 8 * 5_667
"""No image is more, at any provider."""
_BASE, _TILE, _TILE_PIXELS, _TILED_LONG, _TILED_SHORT = 2_833, 5_667, 512, 2_048, 768
_PATCH_PIXELS, _SCALED_HUNDREDTHS, _PLAIN_HUNDREDTHS = 32, 246, 120
_MOST_PATCHES, _MOST_PATCHES_HIGH = 30_000, 2_500
_SMALL_PATCH_PIXELS, _MOST_SMALL_PATCHES, _PIXELS_A_TOKEN = 28, 16_384, 750
_CROP, _CROP_PIXELS, _MOST_GOOGLE = 258, 768, 2_240
_USUAL_MOST = 1_568


def most_tokens_of(image: Image) -> int:
    """Return the most tokens that an image can be."""
    if image.size is None:
        return MOST_TOKENS
    closely = image.detail != "low"
    ways = (
        _BASE + (_TILE * _tiles(image.size) if closely else 0),
        _by_patches(image.size, _MOST_PATCHES if image.detail not in {"low", "high"} else _MOST_PATCHES_HIGH),
        min(_MOST_SMALL_PATCHES, max(_patches(image.size, _SMALL_PATCH_PIXELS), _by_area(image.size))),
        max(_MOST_GOOGLE, _CROP * _crops(image.size)),
    )
    return min(MOST_TOKENS, max(ways))


def usual_tokens_of(image: Image) -> int:
    """Return about how many tokens an image is: what a call is expected to take, and no bound of anything."""
    if image.size is None:
        return _USUAL_MOST
    return min(_USUAL_MOST, _patches(image.size, _SMALL_PATCH_PIXELS))


def _tiles(size: Size) -> int:
    """Return how many squares cover an image that is scaled down, without rounding in between."""
    short, long = sorted(size)
    # As fractions of one denominator: a side that is rounded before the other is scaled by it would be too short.
    above, below = (short * _TILED_LONG, long) if long > _TILED_LONG else (short, 1)
    if above > _TILED_SHORT * below:
        return _ceil(long * _TILED_SHORT, short * _TILE_PIXELS) * _ceil(_TILED_SHORT, _TILE_PIXELS)
    return _ceil(min(long, _TILED_LONG), _TILE_PIXELS) * _ceil(above, below * _TILE_PIXELS)


def _by_patches(size: Size, most: int) -> int:
    short, long = sorted(size)
    scaled = size if long <= _TILED_LONG else (_TILED_LONG, _ceil(short * _TILED_LONG, long))
    plain = min(most, _patches(size, _PATCH_PIXELS)) * _PLAIN_HUNDREDTHS
    return _ceil(max(plain, _patches(scaled, _PATCH_PIXELS) * _SCALED_HUNDREDTHS), 100)


def _patches(size: Size, pixels: int) -> int:
    return _ceil(size[0], pixels) * _ceil(size[1], pixels)


def _by_area(size: Size) -> int:
    return _ceil(size[0] * size[1], _PIXELS_A_TOKEN)


def _crops(size: Size) -> int:
    crop = max(1, min(size) * 2 // 3)
    return max(_patches(size, _CROP_PIXELS), _patches(size, crop))


def _ceil(above: int, below: int) -> int:
    return -(-above // below)
