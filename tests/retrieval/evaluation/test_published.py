from retrieval.evaluation.published import PUBLISHED


def of(dataset: str, source: str) -> list[tuple[str, float | None, float | None, float | None, float | None]]:
    return [
        (one.method, one.easy, one.medium, one.hard, one.classic)
        for one in PUBLISHED
        if one.dataset == dataset and one.source.startswith(source)
    ]


def test_the_founding_report_puts_cnn_irwnha_over_delf_over_sir():
    assert of("ROxford5k", "Founding") == [
        ("CNN-IRwNHA", 85.08, 68.65, 44.24, None),
        ("DELF", 58.56, 42.04, 16.98, None),
        ("SIR", 14.4, 11.85, 2.34, None),
    ]
    assert [row[-1] for row in of("Oxford5k", "Founding")] == [82.09, 66.69, 23.34]


def test_the_authors_networks_have_medium_and_hard_of_both_benchmarks():
    assert [row[2:4] for row in of("ROxford5k", "cnnimage")] == [(65.4, 40.1), (67.3, 44.3)]
    assert [row[2:4] for row in of("RParis6k", "cnnimage")] == [(76.7, 55.2), (80.6, 61.5)]


def test_what_was_published_has_an_address_and_no_row_is_without_a_figure():
    for one in PUBLISHED:
        assert one.address.startswith("https://") == (not one.source.startswith("Founding"))
        assert any(figure is not None for figure in (one.easy, one.medium, one.hard, one.classic))
