"""What laws and standards ask, as data: our own short paraphrase with identifiers, dates, and the evidence asked for.

Not legal advice. The files keep the names and numbers of the official texts and not their wording; every file says
what it was read from, when it was checked, and what is uncertain. Where a date is not known it stays unknown.

catalogue   reads the files, refuses what does not fit the vocabulary, and gives every file its digest
applying    which obligations concern one AI system
"""

from typing import Final

# Identifier → file. Policies name the identifiers, so a row is never taken away or given to another file.
FILES: Final[dict[str, str]] = {
    "california-ads-admt": "california-admt-ads.yaml",
    "canada": "canada.yaml",
    "colorado-sb24-205": "colorado-sb24-205.yaml",
    "ecoa-reg-b": "ecoa-reg-b.yaml",
    "eeoc-four-fifths": "eeoc-four-fifths.yaml",
    "eu-ai-act": "eu-ai-act.yaml",
    "gdpr": "gdpr.yaml",
    "iso-42001": "iso-42001.yaml",
    "nist-ai-rmf-1.0": "nist-ai-rmf-1.0.yaml",
    "nyc-ll144": "nyc-ll144.yaml",
    "singapore": "singapore-mas-airg.yaml",
    "south-korea": "south-korea-ai-basic-act.yaml",
    "sr-11-7": "sr-11-7.yaml",
    "uk-adm-mrm": "uk-adm-mrm.yaml",
    "us-omb-m-25-21": "us-omb-m-25-21.yaml",
    "us-states-employment": "us-states-employment.yaml",
}
EU_AI_ACT: Final = "eu-ai-act"
