"""Takes out of a streamed reply what nobody may see, before anybody does: our own keys, keys by their shape, our rules.

Pure, in linear time. What is taken out is covered letter by letter, so that places in the text stay what they are.
That a model is never sent what its asker may not read is no matter of this file, and does not rest on it.
"""

import re
from collections.abc import Iterator, Sequence

_COVER = "█"
_LEAST_SECRET = 8  # characters: a shorter one would be found in honest text
_GRAM = 8  # words of the rules in a row that no answer says by chance
_MOST_HELD = 4_000
_WORD = re.compile(r"[^\W_]+")
_UNFINISHED = re.compile(r"[\w+/=.-]{1,1100}$", re.ASCII)
_SHAPES = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-[\w-]{20,200}|pin_[\w-]{40,60}|AKIA[0-9A-Z]{16}|AIza[\w-]{35}|gh[opsu]_[A-Za-z0-9]{36}"
    r"|github_pat_\w{60,100}|xox[abp]-[\w-]{20,100}|eyJ[\w-]{10,200}\.[\w-]{10,400}\.[\w-]{10,400})",
    re.ASCII,
)
_Span = tuple[int, int]


class Screen:
    """Screens one reply.

    Args:
        secrets: values that are covered wherever they stand: keys of this installation, the request's fence.
        rules: what we told the model.
        shown: what the asker may read of what it was shown; a key that stands in it is theirs to read.
    """

    def __init__(self, secrets: Sequence[str], rules: str, shown: str) -> None:
        self._secrets = [each for each in secrets if len(each) >= _LEAST_SECRET]
        words = [each.casefold() for each in _WORD.findall(rules)]
        self._grams = {
            length: {tuple(words[at : at + length]) for at in range(len(words) + 1 - length)}
            for length in range(1, _GRAM + 1)
        }
        self._shown = shown
        self._done = 0
        self.covered = 0

    def passed(self, text: str, *, final: bool) -> str:
        """Return what of a growing text may be shown beyond what was returned before.

        Args:
            text: the whole text so far.
            final: nothing comes after it.
        """
        held = text[self._done :]
        # A word that was begun in what was returned is none of the rules'.
        goes_on = _WORD.match(held) if _WORD.match(text[self._done - 1 : self._done]) else None
        words = list(_WORD.finditer(held, 0 if goes_on is None else goes_on.end()))
        spans = sorted([*self._values(held), *self._said(words)])
        certain = len(held) if final or len(held) > _MOST_HELD else self._certain(held, words)
        for start, end in reversed(_joined(spans)):
            if start < certain < end:
                certain = len(held) if len(held) > _MOST_HELD else start
        self._done += certain
        return self._covered(held, spans, certain)

    def _values(self, held: str) -> Iterator[_Span]:
        for secret in self._secrets:
            for found in re.finditer(re.escape(secret), held):
                yield found.span()
        for found in _SHAPES.finditer(held):
            if found[0] not in self._shown:
                yield found.span()

    def _said(self, words: Sequence[re.Match[str]]) -> Iterator[_Span]:
        said = [each[0].casefold() for each in words]
        for at in range(len(words) + 1 - _GRAM):
            if tuple(said[at : at + _GRAM]) in self._grams[_GRAM]:
                yield words[at].start(), words[at + _GRAM - 1].end()

    def _certain(self, held: str, words: Sequence[re.Match[str]]) -> int:
        """Return where the end of the text begins that may still become something to cover."""
        unfinished = _UNFINISHED.search(held)
        certain = len(held) if unfinished is None else unfinished.start()
        for secret in self._secrets:
            begun = (length for length in range(min(len(secret), len(held)), 0, -1) if held.endswith(secret[:length]))
            certain = min(certain, len(held) - next(begun, 0))
        whole = [each for each in words[-_GRAM * 2 :] if each.end() <= certain][1 - _GRAM :]
        said = tuple(each[0].casefold() for each in whole)
        begins = next((at for at in range(len(said)) if said[at:] in self._grams[len(said) - at]), None)
        return certain if begins is None else min(certain, whole[begins].start())

    def _covered(self, held: str, spans: Sequence[_Span], certain: int) -> str:
        kept, at = list[str](), 0
        for start, end in _joined(spans):
            if end > certain:
                break
            kept += [held[at:start], re.sub(r"\S", _COVER, held[start:end])]
            self.covered += end - start
            at = end
        return "".join((*kept, held[at:certain]))


def _joined(spans: Sequence[_Span]) -> list[_Span]:
    """Return spans in order as one where they meet or overlap."""
    joined: list[_Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            start, end = joined[-1][0], max(end, joined.pop()[1])
        joined.append((start, end))
    return joined
