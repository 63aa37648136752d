"""A figure that misses its target shows, in the table and in the exit status."""

import json
import math
from xml.etree import ElementTree

import pytest

from tests.benchmarks import growth
from tests.figures import Figure, Report, percentile


@pytest.mark.parametrize(
    ("figure", "verdict", "target"),
    [
        (Figure("load", "p95", 299.6, "ms", most=300), "pass", "≤ 300"),
        (Figure("load", "p95", 300.4, "ms", most=300), "short", "≤ 300"),
        (Figure("load", "p95", math.nan, "ms", most=300), "short", "≤ 300"),
        (Figure("schema", "cases", 1999, least=2000), "short", "≥ 2000"),
        (Figure("faults", "lost", 0, most=0, least=0), "pass", "0"),
        (Figure("load", "searches", 71), "", ""),
    ],
)
def test_a_figure_is_held_against_its_target(figure, verdict, target):
    assert (figure.verdict, figure.target) == (verdict, target)


def test_a_report_names_what_fell_short_and_prints_every_figure():
    report = Report()
    report.add([Figure("load", "p95 of pages", 412.34, "ms", most=300, note="map")], ["map: slow"])
    report.add([Figure("load", "errors", 0, most=0)])
    assert [figure.name for figure in report.short] == ["p95 of pages"]
    head, rule, *rows = report.table().splitlines()
    assert [cell.strip() for cell in rows[0].strip("|").split("|")] == [
        *("load", "p95 of pages (map)", "412 ms", "≤ 300", "short"),
    ]
    assert {len(line) for line in (head, rule, *rows)} == {len(head)}


def test_the_same_is_written_for_machines(tmp_path):
    report = Report([Figure("fuzz", "uploads", 312, least=300)], ["one was slow"])
    report.write(tmp_path / "var" / "soak.json", machine={"cores": 2})
    told = json.loads((tmp_path / "var" / "soak.json").read_text())
    assert told["machine"] == {"cores": 2}
    assert told["findings"] == ["one was slow"]
    assert told["figures"][0] | {"verdict": "pass", "value": 312} == told["figures"][0]


def test_percentiles_are_those_of_the_values():
    values = [float(value) for value in range(1, 102)]
    assert (percentile(values, 50), percentile(values, 95)) == (51, 96)
    assert percentile([7.0], 95) == 7
    assert math.isnan(percentile([], 95))


def test_what_was_written_is_read_again(tmp_path, capsys):
    report = Report([Figure("engine", "faster", 2.5, "x", least=1.4, note="a note")], ["one was left out"])
    report.tell(tmp_path / "told.json")
    assert "2.5 x" in capsys.readouterr().out
    assert Report.read(tmp_path / "told.json") == report


def test_small_numbers_keep_three_digits():
    table = Report([Figure("vectors", "recall", 0.98765), Figure("vectors", "rows", 66123.4)]).table()
    assert "0.988" in table
    assert "66123" in table


def test_what_grows_is_drawn_with_both_axes_logarithmic():
    report = Report(
        [
            Figure("10,000 photos", "every row read, no index", 6.0, "ms"),
            Figure("1,000,000 photos", "every row read, no index", 900.0, "ms"),
            Figure("10,000 photos", "a hundred nearest, one client, median", 4.0, "ms"),
        ]
    )
    [searching] = [plot for plot in growth.PLOTS if plot.file == "searching"]
    lines = growth.lines_of(report, searching)
    assert lines == {"one client": [(10_000, 4.0)], "every row read": [(10_000, 6.0), (1_000_000, 900.0)]}
    drawing = ElementTree.fromstring(growth.drawn(searching, lines))
    assert {text.text for text in drawing.findall(".//{*}text")} >= {
        "10,000",
        "1,000,000",
        "1",
        "1,000",
        "one client",
    }
    across = [float(dot.get("cx")) for dot in drawing.findall(".//{*}circle")]
    assert len(set(across)) == 2
