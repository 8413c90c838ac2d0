"""What people call things, and what documents call them: abbreviations, statements, ratios and what they are made of.

Plain business English: general knowledge of the fields, though written with one set of questions in view. Pure.
"""

import re
from functools import cache

_FIGURES = """
capex, capital expenditure, capital spending | capital expenditures purchases of property plant and equipment additions
capital intensive, capital-intensive, capital intensity | property plant and equipment total assets capital expenditures
ppe, pp&e, ppne, net ppe, fixed asset | property plant and equipment net
cogs, cost of goods sold, cost of revenue, cost of sales | cost of sales cost of revenue cost of products sold
sg&a, sga | selling general and administrative expenses
r&d | research and development expenses
d&a | depreciation and amortization
opex, operating expense | operating expenses selling general administrative
ebit, operating income, operating profit | operating income income from operations
ebitda | operating income depreciation and amortization
eps | earnings per share diluted basic
fcf, free cash flow | net cash provided by operating activities purchases of property plant and equipment
revenue, turnover, sales, top line | net sales revenues net revenue
bottom line, net profit | net income net earnings
net profit margin, net margin | net income net earnings net sales revenues
gross margin, gross profit | gross profit cost of sales net sales revenues statements of income operations earnings
operating margin | operating income net sales revenues statements of income operations earnings
income statement, statement of income, p&l, profit and loss | consolidated statements of income operations earnings
statement of operations, statement of earnings | consolidated statements of income operations earnings
balance sheet, statement of financial position | consolidated balance sheets financial position total assets liabilities
cash flow statement, statement of cash flows, cash flow | consolidated statements of cash flows operating activities
working capital, current ratio | total current assets total current liabilities
quick ratio, liquidity | balance sheets total current assets inventories total current liabilities
roa, return on assets, asset turnover | net income total assets net sales revenues
roe, return on equity | net income total shareholders equity
inventory turnover, dio, days inventory | inventories cost of sales cost of products sold
dpo, days payable | accounts payable cost of sales
dso, days sales outstanding | accounts receivable net sales revenues
debt, borrowing, leverage | long-term debt short-term debt current portion
interest coverage | interest expense operating income
effective tax rate, tax rate | provision for income taxes effective tax rate income before taxes
retention ratio, payout ratio, dividend | dividends paid net income
buyback, share repurchase | repurchases of common stock treasury
m&a, acquisition | acquisitions divestitures business combinations
legal battle, lawsuit, litigation | legal proceedings litigation lawsuits contingencies
"""
_WORDS = """
headcount, workforce | number of employees
fx, foreign exchange | foreign currency exchange
yoy | year over year change growth
cagr | compound annual growth rate
"""
_OTHERS = """
headcount, workforce | number of employees
fx, foreign exchange | foreign currency exchange
ceo | chief executive officer
cfo | chief financial officer
cto | chief technology officer
pto, vacation, holiday allowance | paid time off annual leave vacation
sick pay | sick leave sickness absence pay
wfh, work from home, working from home, telework | working from home remote work
2fa, mfa | two-factor multi-factor authentication
sso | single sign-on
pii | personal data personally identifiable information
nda | non-disclosure agreement confidentiality
sla | service level agreement
dpa | data processing agreement
tos | terms of service
kpi | key performance indicator
rfp | request for proposal
sow | statement of work
"""


_WHO = re.compile(r"\bwho(?:m|se)?\b", re.IGNORECASE)


@cache
def _patterns(entries: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    found: list[tuple[re.Pattern[str], str]] = []
    for line in entries.strip().splitlines():
        names, _, meaning = line.partition("|")
        alternatives = "|".join(re.escape(name.strip()) for name in names.split(","))
        found.append((re.compile(rf"(?<!\w)(?:{alternatives})(?:e?s)?(?!\w)", re.IGNORECASE), meaning.strip()))
    return tuple(found)


def meanings(question: str) -> list[str]:
    """Return what documents may call the things that a question names, one text a thing; none for most questions."""
    patterns = (*_patterns(_FIGURES), *_patterns(_OTHERS))
    return [meaning for pattern, meaning in patterns if pattern.search(question)]


def asks_for_figures(question: str) -> bool:
    """Say whether a question names what stands in tables of figures, and asks for no person."""
    return not _WHO.search(question) and any(pattern.search(question) for pattern, _ in _patterns(_FIGURES))
