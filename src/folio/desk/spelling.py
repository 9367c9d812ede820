"""Spelling in British English: Hunspell with the dictionary beside this file, and the house's own list of words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from hunspell import Hunspell

from folio.desk.findings import Finding, Source
from folio.desk.words import blocks

DICTIONARY = Path(__file__).parent / "dictionary"
WORD = re.compile(r"(?<![\w@./\\#])[A-Za-zÀ-ɏ]+(?:['’][A-Za-zÀ-ɏ]+)*(?![\w@\\#])")
ADDRESS = re.compile(r"\w+://\S+")
POSSESSIVE = re.compile(r"['’]s?\Z")


class Speller:
    """Knows the words of the dictionary, of a list, and the names in the sources that are cited.

    Args:
        words: the list: a word a line, `#` begins a comment; one with a capital is known as written only.
        bibliography: the file of sources, whose authors and titles are known too.
    """

    def __init__(self, words: Path, bibliography: Path) -> None:
        self.words = words
        self.dictionary = Hunspell("en_GB", hunspell_data_dir=str(DICTIONARY))
        self.known: dict[str, bool] = dict.fromkeys(_listed(words), True)
        if bibliography.is_file():
            self.known |= dict.fromkeys(WORD.findall(bibliography.read_text(encoding="utf-8")), True)

    def knows(self, word: str) -> bool:
        """Tell whether a word is spelt right, as written or as at the beginning of a sentence."""
        if word not in self.known:
            plain = POSSESSIVE.sub("", word.replace("’", "'"))
            forms = {plain, word.replace("’", "'"), plain[:1].lower() + plain[1:]}
            self.known[word] = any(self.known.get(form, False) or self.dictionary.spell(form) for form in forms)
        return self.known[word]

    def check(self, source: Source) -> list[Finding]:
        """Look at every word of a page's prose.

        Args:
            source: the page.

        Returns:
            The first place of each unknown word, with what may have been meant.
        """
        found: dict[str, Finding] = {}
        for block in blocks(source.text):
            for match in WORD.finditer(ADDRESS.sub(lambda address: " " * len(address[0]), block.text)):
                word = match[0]
                if word not in found and not _is_name_of_a_thing(word) and not self.knows(word):
                    found[word] = Finding(source.file, block.line_of(match.start()), self._said(word))
        return sorted(found.values())

    def _said(self, word: str) -> str:
        near = ", ".join(self.dictionary.suggest(word)[:2])
        return f"unknown word {word!r}" + (f" ({near}?)" if near else "") + f": mend it, or add it to {self.words.name}"


def _is_name_of_a_thing(word: str) -> bool:
    """Abbreviations and camel case are names, single letters are symbols."""
    return len(word) == 1 or not (word.islower() or word[1:].islower())


def _listed(words: Path) -> Iterator[str]:
    if words.is_file():
        for line in words.read_text(encoding="utf-8").splitlines():
            yield line.partition("#")[0].strip()
