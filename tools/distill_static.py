"""Make a static embedder from any sentence-embedding teacher and any text.

    python tools/distill_static.py TEACHER_FOLDER TEXT_FILE... --out DIR [--dimensions 256] [--steps 800] [--id NAME]

TEACHER_FOLDER holds an ONNX model (`*.onnx`, the smallest is taken; inputs input_ids, attention_mask and maybe
token_type_ids) and its `tokenizer.json`. Each TEXT_FILE is plain text; passages are its paragraphs and sentences. One
vector per token is fitted so that the normalised sum over a text's tokens points where the teacher's sentence embedding
points (cosine), by Adam (Kingma & Ba 2015) on minibatches, in numpy. The teacher's space is rotated to its principal
axes first, so that the leading dimensions work alone. The result is int8 per row with a float32 scale, in model2vec's
layout, as `StaticEmbedder(DIR)` loads it. Needs `onnxruntime` (`uv sync --group distill`).
"""

import argparse
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]
_TEACHER_TOKENS = 256
_BLANK = re.compile(r"\n\s*\n")
_STOP = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How the vectors are fitted: Adam's steps, texts a step, learning rate, and the seed of chance."""

    steps: int = 800
    batch: int = 256
    rate: float = 0.02
    seed: int = 7


class Teacher:
    """A sentence-embedding model as ONNX: texts in, unit vectors out."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        import onnxruntime

        models = sorted(folder.glob("**/*.onnx"), key=lambda path: path.stat().st_size)
        if not models:
            raise SystemExit(f"{folder} holds no *.onnx file.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(models[0]), options, providers=["CPUExecutionProvider"])
        self._inputs = {each.name for each in self._session.get_inputs()}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_TEACHER_TOKENS)
        self._tokenizer.enable_padding()

    def embed(self, texts: Sequence[str], batch: int = 32) -> Floats:
        """Return (len(texts), dimensions) unit vectors. Texts of like length are run together."""
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        rows: dict[int, Floats] = {}
        for start in range(0, len(order), batch):
            places = order[start : start + batch]
            vectors = self._run([texts[place] for place in places])
            rows.update(zip(places, vectors, strict=True))
        return normalised(np.stack([rows[place] for place in range(len(texts))]))

    def _run(self, texts: list[str]) -> Floats:
        encoded = self._tokenizer.encode_batch(texts)
        mask = np.array([each.attention_mask for each in encoded], dtype=np.int64)
        feed = {
            "input_ids": np.array([each.ids for each in encoded], dtype=np.int64),
            "attention_mask": mask,
            "token_type_ids": np.array([each.type_ids for each in encoded], dtype=np.int64),
        }
        output = self._session.run(None, {name: feed[name] for name in feed if name in self._inputs})[0]
        found = np.asarray(output, dtype=np.float32)
        if found.ndim == 3:  # token vectors: a teacher whose graph does not pool
            weights = mask[:, :, None].astype(np.float32)
            found = (found * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
        return found


def passages(text: str, longest: int = 1_200) -> Iterator[str]:
    """Yield paragraphs and, since questions are short, their sentences."""
    for paragraph in _BLANK.split(text):
        whole = " ".join(paragraph.split())
        if len(whole) < 20:
            continue
        yield whole[:longest]
        sentences = [each for each in _STOP.split(whole) if 20 <= len(each) <= longest]
        if len(sentences) > 1:
            yield from sentences


def normalised(rows: Floats) -> Floats:
    """Return rows scaled to unit length; zero rows stay zero."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)


def rotation(targets: Floats, dimensions: int) -> Floats:
    """Return (teacher dimensions, dimensions): the principal axes of the targets, strongest first, uncentred."""
    _, vectors = np.linalg.eigh(targets.T @ targets)
    return np.ascontiguousarray(vectors[:, ::-1][:, :dimensions], dtype=np.float32)


def token_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Ids]:
    """Return each text's tokens as the student sees them: no special ones, no unknown ones."""
    unknown = tokenizer.token_to_id("[UNK]")
    found = [np.asarray(each.ids, np.int64) for each in tokenizer.encode_batch(list(texts), add_special_tokens=False)]
    return [ids[ids != unknown] for ids in found]


def pooled(rows: Floats, texts: Sequence[Ids]) -> Floats:
    """Return the unit vector of each text: the normalised sum of its tokens' rows."""
    return normalised(np.stack([rows[ids].sum(axis=0) for ids in texts]))


def starting_rows(texts: Sequence[Ids], targets: Floats, vocabulary: int) -> Floats:
    """Return where the fit begins: each token at the mean of its texts' targets, weighted down if it is in many."""
    rows = np.zeros((vocabulary, targets.shape[1]), dtype=np.float32)
    counts = np.zeros(vocabulary, dtype=np.float32)
    for ids, target in zip(texts, targets, strict=True):
        unique = np.unique(ids)
        rows[unique] += target / len(unique)
        counts[unique] += 1.0 / len(unique)
    seen = counts > 0
    rows[seen] /= counts[seen, None]
    rarity = np.log1p(len(texts) / (1.0 + np.bincount(np.concatenate(texts), minlength=vocabulary)))
    return rows * rarity[:, None].astype(np.float32)


def fit(texts: Sequence[Ids], targets: Floats, rows: Floats, settings: FitSettings) -> Floats:
    """Return rows whose pooled vectors lie closer to the targets: Adam on the mean of 1 - cosine."""
    chance = np.random.default_rng(settings.seed)
    rows = rows.copy()
    first, second = np.zeros_like(rows), np.zeros_like(rows)
    for step in range(1, settings.steps + 1):
        chosen = chance.choice(len(texts), size=min(settings.batch, len(texts)), replace=False)
        touched, gradient = gradients(rows, [texts[place] for place in chosen], targets[chosen])
        # Moments of untouched rows stand still ("lazy" Adam): rare words keep the little that they have learnt.
        first[touched] = 0.9 * first[touched] + 0.1 * gradient
        second[touched] = 0.999 * second[touched] + 0.001 * gradient**2
        rate = settings.rate * (1.0 - (step - 1) / settings.steps)
        corrected = (first[touched] / (1 - 0.9**step)) / (np.sqrt(second[touched] / (1 - 0.999**step)) + 1e-8)
        rows[touched] -= rate * corrected
    return rows


def gradients(rows: Floats, texts: Sequence[Ids], targets: Floats) -> tuple[Ids, Floats]:
    """Return the tokens of the texts and the gradient of the mean of 1 - cosine for each of their rows."""
    lengths = np.array([len(ids) for ids in texts])
    tokens, inverse = np.unique(np.concatenate(texts), return_inverse=True)
    owner = np.repeat(np.arange(len(texts)), lengths)
    sums = np.zeros((len(texts), rows.shape[1]), dtype=np.float32)
    np.add.at(sums, owner, rows[tokens][inverse])
    norms = np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
    unit = sums / norms
    cosine = (unit * targets).sum(axis=1, keepdims=True)
    by_text = (cosine * unit - targets) / norms / len(texts)
    found = np.zeros((len(tokens), rows.shape[1]), dtype=np.float32)
    np.add.at(found, inverse, by_text[owner])
    return tokens, found


def quantised(rows: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return int8 rows and the scale of each, so that rows are about `int8 * scale`."""
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-9) / 127.0
    return np.round(rows / scales[:, None]).astype(np.int8), scales.astype(np.float32)


def write_model(out: Path, teacher: Path, rows: Floats, model_id: str) -> None:
    """Write the model in the layout that `StaticEmbedder` loads."""
    out.mkdir(parents=True, exist_ok=True)
    embeddings, weights = quantised(rows)
    save_file({"embeddings": embeddings, "weights": weights}, out / "model.safetensors")
    shutil.copyfile(teacher / "tokenizer.json", out / "tokenizer.json")
    config = {
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "hidden_dim": rows.shape[1],
        "normalize": True,
        "pooling": "mean",
        "embedding_dtype": "int8",
        "model_id": model_id,
        "dense_weight": 0.3,
    }
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def distill(
    teacher_folder: Path, texts: Sequence[str], out: Path, *, dimensions: int, settings: FitSettings, model_id: str
) -> tuple[float, float]:
    """Make the model and return the mean cosine to the teacher on held-out texts, before the fit and after."""
    tokenizer = Tokenizer.from_file(str(teacher_folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    known = [(text, ids) for text, ids in zip(texts, token_ids(tokenizer, texts), strict=True) if len(ids)]
    if len(known) < 20:
        raise SystemExit("There is too little text: at least 20 passages are needed.")
    order = np.random.default_rng(settings.seed).permutation(len(known))
    texts, ids = [known[place][0] for place in order], [known[place][1] for place in order]
    targets = Teacher(teacher_folder).embed(texts)
    held = max(5, len(ids) // 10)
    axes = rotation(targets[held:], min(dimensions, targets.shape[1]))
    targets = normalised(targets @ axes)
    rows = starting_rows(ids[held:], targets[held:], tokenizer.get_vocab_size())
    before = _agreement(rows, ids[:held], targets[:held])
    rows = fit(ids[held:], targets[held:], rows, settings)
    write_model(out, teacher_folder, rows, model_id)
    small, scales = quantised(rows)
    return before, _agreement(small * scales[:, None], ids[:held], targets[:held])


def _agreement(rows: Floats, texts: Sequence[Ids], targets: Floats) -> float:
    return float((pooled(rows, texts) * targets).sum(axis=1).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("teacher", type=Path)
    parser.add_argument("text", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--id", default=None, help="the model's name; by default the name of --out")
    options = parser.parse_args()
    texts = dict.fromkeys(
        passage for path in options.text for passage in passages(path.read_text(encoding="utf-8", errors="replace"))
    )
    print(f"{len(texts):,} passages from {len(options.text):,} files", flush=True)
    before, after = distill(
        options.teacher,
        list(texts),
        options.out,
        dimensions=options.dimensions,
        settings=FitSettings(steps=options.steps),
        model_id=options.id or options.out.name,
    )
    print(f"held-out cosine to the teacher: {before:.3f} before the fit, {after:.3f} after; written to {options.out}")


if __name__ == "__main__":
    main()
