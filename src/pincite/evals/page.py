"""A report as one HTML page that needs nothing else: tables, plots, and every case that went wrong. No script.

What it shows is decided in `report.py`; everything that came from documents or questions is escaped.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pincite.evals.domain import Fault, SetKind
from pincite.evals.figures import LOWER_IS_BETTER
from pincite.evals.plots import COLOURS, curve_plot, interval_plot
from pincite.evals.verdict_figures import WHOLE

_MOST_FAILURES = 200
_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;
overflow-wrap:anywhere}
h1{font-size:1.5rem}h2{margin-top:2.5rem;font-size:1.15rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.5rem 0;display:block;overflow-x:auto}
th,td{overflow-wrap:normal;padding:.25rem .75rem;border-bottom:1px solid #8884;text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}
small,.t{opacity:.7;font-size:.8rem}svg{max-width:100%;height:auto}svg text{font-size:12px;fill:currentColor}
details{border-bottom:1px solid #8884;padding:.4rem 0}summary{cursor:pointer}
.f{display:inline-block;font-size:.75rem;border:1px solid #8888;border-radius:3px;padding:0 .4rem;margin-right:.5rem}
blockquote{margin:.3rem 0 .6rem 1rem;border-left:3px solid #8886;padding-left:.8rem;white-space:pre-wrap}
th{white-space:normal;overflow-wrap:anywhere;min-width:5rem;max-width:16rem;vertical-align:bottom}
.up{color:#2e7d32}.down{color:#c62828}
@media(prefers-color-scheme:dark){.up{color:#81c784}.down{color:#ef9a9a}}
"""


def page_of(report: Mapping[str, Any]) -> str:
    """Return the page of a report."""
    runs: Sequence[Mapping[str, Any]] = report["runs"]
    about = report["set"]
    what = "claims" if about["kind"] == SetKind.CLAIMS.value else "questions"
    head = (
        f"<h1>{escape(about['name'])}</h1><p>{about['cases']} {what}, version <code>{about['version']}</code>, "
        f"{escape(report['created_at'][:16].replace('T', ' '))} UTC. Brackets are 95 % bootstrap intervals.</p>"
    )
    body = [
        head,
        _doubts(runs),
        "<h2>Figures</h2>",
        _main_plot(report),
        _measures(runs),
        _comparisons(report["comparisons"]),
        _curves(runs),
        _faults(runs),
        *(_strata(run, name) for run in runs for name in (report["main_measure"], *WHOLE)),
        *(_failures(run) for run in runs),
    ]
    title = escape(f"Evaluation of {about['name']}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        # Nothing is loaded and nothing runs, whatever questions and documents hold.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _doubts(runs: Sequence[Mapping[str, Any]]) -> str:
    """What the set says that the documents do not bear out; the runs' documents are the same, or nearly so."""
    said = list(dict.fromkeys(doubt for run in runs for doubt in run["doubts"]))
    if not said:
        return ""
    lines = "".join(f"<li>{escape(each)}</li>" for each in said[:_MOST_FAILURES])
    return (
        "<h2>Doubts about the set</h2><p>Places that are not in the documents as the set names them; figures of these "
        f"cases mislead: {len(said)}.</p><ul>{lines}</ul>"
    )


def _main_plot(report: Mapping[str, Any]) -> str:
    name = report["main_measure"]
    rows = [
        (run["config"], run["measures"][name], COLOURS[place % len(COLOURS)])
        for place, run in enumerate(report["runs"])
        if name in run["measures"]
    ]
    return f"<p><b>{escape(name)}</b></p>{interval_plot(name, rows)}" if rows else ""


def _measures(runs: Sequence[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(name for run in runs for name in run["measures"]))
    rows = [(name, *(_estimate(run["measures"].get(name)) for run in runs)) for name in names]
    return _table(("measure", *(run["config"] for run in runs)), rows)


def _comparisons(comparisons: Sequence[Mapping[str, Any]]) -> str:
    parts: list[str] = []
    for each in comparisons:
        rows = [(name, _difference(name, found)) for name, found in each["differences"].items()]
        title = f"{each['config']} against {each['against']}, the same questions"
        parts.append(f"<h2>{escape(title)}</h2>" + _table(("measure", "difference"), rows))
    return "".join(parts)


def _curves(runs: Sequence[Mapping[str, Any]]) -> str:
    drawn = [
        (run["config"], run["curve"], COLOURS[place % len(COLOURS)]) for place, run in enumerate(runs) if run["curve"]
    ]
    if not drawn:
        return ""
    rows = [(label, f"{curve['area']:.4f}", _area(curve["baseline_area"])) for label, curve, _ in drawn]
    table = _table(("configuration", "area by confidence", "area by best retrieval score"), rows)
    return "<h2>Risk over coverage (lower is better)</h2>" + curve_plot(drawn) + table


def _area(area: float | None) -> str:
    return "" if area is None else f"{area:.4f}"


def _faults(runs: Sequence[Mapping[str, Any]]) -> str:
    there = [fault.value for fault in Fault if any(run["faults"].get(fault.value) for run in runs)]
    rows = [(fault, *(str(run["faults"].get(fault, 0)) for run in runs)) for fault in there]
    return "<h2>Where cases are lost</h2>" + _table(("part", *(run["config"] for run in runs)), rows)


def _strata(run: Mapping[str, Any], main: str) -> str:
    strata: Mapping[str, Mapping[str, Any]] = run["strata"]
    rows = [(tag, run_["mean"], run_) for tag, some in strata.items() if (run_ := some.get(main))]
    if not rows:
        return ""
    drawn = [(f"{tag} ({each['cases']})", each, COLOURS[0]) for tag, _, each in rows]
    return f"<h2>{escape(run['config'])}: {escape(main)} by stratum</h2>" + interval_plot(main, drawn)


def _failures(run: Mapping[str, Any]) -> str:
    failed = [case for case in run["cases"] if case["fault"] != Fault.NONE.value]
    shown = "".join(_failure(case) for case in failed[:_MOST_FAILURES])
    more = f"<p>And {len(failed) - _MOST_FAILURES} more, in the JSON.</p>" if len(failed) > _MOST_FAILURES else ""
    return f"<h2>{escape(run['config'])}: {len(failed)} cases went wrong</h2>{shown}{more}"


def _failure(case: Mapping[str, Any]) -> str:
    parts = [f"<p>Wanted: {escape(', '.join(case['wanted']) or 'that it declines')}"]
    if case["gold"]:
        parts.append(f". Gold answer: {escape(case['gold'])}")
    parts.append("</p>")
    if case["answer"]:
        parts.append(f"<p>Answered:</p><blockquote>{escape(case['answer'])}</blockquote>")
    for pin in case["pins"]:
        said = f"{pin['verdict']}: {pin['source']}, page {pin['page']}"
        parts.append(f"<small>{escape(said)}</small><blockquote>{escape(pin['quote'])}</blockquote>")
    for place, each in enumerate(case["ranking"], 1):
        said = f"{place}. {each['source']}, page {each['page']} ({each['score']:.3f})"
        parts.append(f"<small>{escape(said)}</small><blockquote>{escape(each['text'])}</blockquote>")
    label = f'<span class="f">{escape(case["fault"])}</span>{escape(case["question"])}'
    return f"<details><summary>{label}</summary>{''.join(parts)}</details>"


def _estimate(found: Mapping[str, float] | None) -> str:
    if found is None:
        return ""
    return f"{found['mean']:.4f} <small>[{found['low']:.3f}, {found['high']:.3f}]</small>"


def _difference(name: str, found: Mapping[str, float]) -> str:
    good = found["high"] < 0 if name in LOWER_IS_BETTER else found["low"] > 0
    bad = found["low"] > 0 if name in LOWER_IS_BETTER else found["high"] < 0
    kind = "up" if good else "down" if bad else ""
    return (
        f'<span class="{kind}">{found["mean"]:+.4f}</span> <small>[{found["low"]:+.4f}, {found["high"]:+.4f}]</small>'
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    # Cells are made here from figures; the first column and the head hold names, which are not ours to trust.
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join(f"<tr><td>{escape(row[0])}</td>{''.join(f'<td>{c}</td>' for c in row[1:])}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>"
