"""The judge of the soak notices what it is there to notice."""

import json

from tests.soak.ledger import Asked, Judgement, Ledger, Row, Seen, answers, judge

ANSWERED = Row("a", "answered", "", "queries/a")


def judged(asked: list[Asked], rows: list[Row], photos: set[str] | None = None) -> Judgement:
    return judge(asked, rows, photos={row.photo for row in rows} if photos is None else photos)


def asked(key: str = "key", *ids: str) -> Asked:
    return Asked(key, at=0.0, via="form", ids=list(ids), tries=1)


def test_what_was_promised_kept_and_answered_is_in_order():
    found = judged([asked("key", "a")], [ANSWERED])
    assert (found.accepted, found.answered, found.failed) == (1, 1, 0)
    faults = [found.lost, found.unanswered, found.silent, found.without_photo, found.duplicates]
    assert not any(faults)


def test_a_promised_search_without_a_row_is_lost():
    assert judged([asked("key", "a"), asked("other", "b")], [ANSWERED]).lost == ["b"]


def test_a_search_that_still_waits_is_unanswered_even_where_nobody_was_told_of_it():
    rows = [Row("a", "running", "", "queries/a"), Row("b", "waiting", "", "queries/b")]
    assert judged([asked("key", "a"), asked("other")], rows).unanswered == ["a", "b"]


def test_a_failure_counts_as_told_only_with_its_reason():
    rows = [Row("a", "failed", "gave_up", "queries/a"), Row("b", "failed", "", "queries/b")]
    found = judged([asked("key", "a"), asked("other", "b")], rows)
    assert (found.failed, found.silent) == (1, ["b"])


def test_a_row_whose_photo_the_store_lacks_has_lost_it():
    assert judged([asked("key", "a")], [ANSWERED], photos={"queries/b"}).without_photo == ["a"]


def test_one_key_with_two_searches_is_a_duplicate_and_so_is_an_answer_written_twice():
    rows = [ANSWERED, Row("b", "answered", "", "queries/b", parts_twice=3)]
    assert judged([asked("key", "a", "b"), asked("other")], rows).twice == ["b", "key"]
    assert judged([asked("key", "a", "a")], [ANSWERED]).duplicates == 0


def test_rows_that_no_question_accounts_for_are_duplicates_but_an_answer_that_got_lost_is_none():
    rows = [ANSWERED, Row("b", "answered", "", "queries/b")]
    assert judged([asked("key", "a"), asked("cut off")], rows).duplicates == 0
    assert judged([asked("key", "a")], rows).duplicates == 1


def test_pages_go_well_pause_clearly_or_are_wrong():
    seen = [
        Seen(0, "home", 200, 0.1),
        Seen(0, "home", 503, 0.2, says_when=True),
        Seen(0, "home", 503, 0.2),
        Seen(0, "map", 500, 0.2, shows_trace=True),
        Seen(0, "map", 0, 30, error="ReadTimeout"),
        Seen(0, "map", 200, 0.3, shows_trace=True),
    ]
    found = answers(seen)
    assert (found.count, found.pauses, found.seconds) == (6, 1, {"home": [0.1]})
    assert found.wrong == [
        "1 x home: 503 without Retry-After",
        "1 x map: 500 with a stack trace",
        "1 x map: ReadTimeout",
        "1 x map: 200 with a stack trace",
    ]


def test_the_ledger_gathers_each_question_from_its_lines_and_leaves_a_half_written_one(tmp_path):
    lines = [
        {"asked": {"key": "k", "at": 5.0, "via": "api"}},
        {"seen": {"at": 5.0, "kind": "ask", "status": 503, "seconds": 0.1, "says_when": True}},
        {"asked": {"key": "k", "at": 7.0, "via": "api"}},
        {"promised": {"key": "k", "id": "a"}},
        {"asked": {"key": "later", "at": 90.0, "via": "form"}},
    ]
    path = tmp_path / "ledger"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"seen": {"at"')
    ledger = Ledger(path)
    assert ledger.asked(until=60) == [Asked("k", 5.0, "api", ["a"], tries=2)]
    assert [one.key for one in ledger.asked(since=60)] == ["later"]
    assert [one.status for one in ledger.seen()] == [503]
    assert ledger.seen(since=6) == []
    assert Ledger(tmp_path / "none").seen() == []


def test_a_new_ledger_knows_nothing_of_a_run_before(tmp_path):
    path = tmp_path / "ledger"
    Ledger(path).note(asked={"key": "old", "at": 1.0, "via": "form"})
    assert Ledger(path).asked()
    assert Ledger.new(path).asked() == []
