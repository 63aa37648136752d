"""The Vietnamese catalogue of messages holds every sentence of the code, translated, and is compiled."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import translation
from django.utils.translation.template import templatize

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / "config" / "locale" / "vi" / "LC_MESSAGES"
STRING = r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
CALL = re.compile(rf"\b(?:gettext|gettext_lazy|gettext_noop|_|ngettext|ngettext_lazy)\(\s*u?{STRING}")


def entries() -> Iterator[tuple[set[str], str, str]]:
    """Each entry of the .po file: its flags, its English, its Vietnamese."""
    for block in (FOLDER / "django.po").read_text().split("\n\n"):
        flags = set(re.findall(r"[\w-]+", " ".join(re.findall(r"^#,(.*)$", block, re.M))))
        said = {}
        for keyword, lines in re.findall(
            r'^(msgid|msgid_plural|msgstr(?:\[0\])?) ((?:"(?:\\.|[^"\\])*"\s*)+)', block, re.M
        ):
            said[keyword[:6] if keyword != "msgid_plural" else keyword] = "".join(
                ast.literal_eval(line) for line in lines.splitlines() if line
            )
        if said.get("msgid"):
            yield flags, said["msgid"], said["msgstr"]


def sentences_of_python() -> Iterator[str]:
    for room in ("accounts", "config", "places", "retrieval"):
        for path in (PROJECT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and re.fullmatch(r"_|n?gettext(_lazy|_noop)?", node.func.id)
                    and isinstance(node.args[0], ast.Constant)
                ):
                    yield node.args[0].value


def sentences_of_templates() -> Iterator[str]:
    for path in (PROJECT / "templates").rglob("*.*"):
        for literal in CALL.findall(templatize(path.read_text(), origin=str(path))):
            yield ast.literal_eval(literal)


def test_every_sentence_of_the_code_is_in_the_catalogue():
    known = {english for _flags, english, _vietnamese in entries()}
    sentences = {*sentences_of_python(), *sentences_of_templates()} - {""}
    assert len(sentences) > 200
    assert sentences - known == set(), "run: manage.py makemessages -l vi, then translate"


def test_every_sentence_is_translated_and_none_is_guessed():
    assert [
        english for flags, english, vietnamese in entries() if "fuzzy" in flags or not vietnamese.strip()
    ] == []


@pytest.mark.parametrize("pattern", [r"%\(\w+\)[sd]", r"\{\w+\}", r"<[^>]+>"])
def test_translations_keep_the_places_of_what_is_filled_in(pattern):
    for _flags, english, vietnamese in entries():
        assert sorted(re.findall(pattern, vietnamese)) == sorted(re.findall(pattern, english)), english


def test_the_compiled_catalogue_is_that_of_the_source():
    with open(FOLDER / "django.mo", "rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    said = {key[0] if isinstance(key, tuple) else key: value for key, value in compiled.items() if key}
    assert said == {english: vietnamese for _flags, english, vietnamese in entries()}, (
        "run: manage.py compilemessages"
    )


@pytest.mark.parametrize(("language", "told"), [("vi", "1.092.000"), ("en", "1,092,000")])
def test_long_numbers_are_grouped_as_their_readers_write_them(language, told):
    with translation.override(language):
        assert intcomma(1092000) == told
