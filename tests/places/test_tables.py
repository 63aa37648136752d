import pytest

from places import tables


def read(data: bytes, *needs: str) -> list[dict[str, str]]:
    return [row.fields for row in tables.rows(data, needs=needs)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("comma", [",", ";", "\t"])
def test_a_table_is_read_however_it_was_saved(encoding, comma):
    data = f"photo{comma}landmark\r\n1.jpg{comma}Chùa Một Cột\r\n".encode(encoding)
    assert read(data, "photo") == [{"photo": "1.jpg", "landmark": "Chùa Một Cột"}]


def test_a_table_of_an_old_vietnamese_windows_keeps_its_accents():
    # There the tone under a letter with a circumflex is a sign of its own: F4 F2 is ộ.
    assert read(b"landmark\nCh\xf9a M\xf4\xf2t C\xf4\xf2t\n") == [{"landmark": "Chùa Một Cột"}]


def test_json_may_be_a_list_or_an_object_a_line():
    row = {"photo": "1.jpg", "overlaps_with": "a b", "author": ""}
    listed = b'[{"photo": "1.jpg", "overlaps_with": ["a", "b"], "author": null}]'
    assert read(listed, "photo") == [row]
    assert read(listed[1:-1] + b"\n" + listed[1:-1], "photo") == [row, row]


@pytest.mark.parametrize("data", [b"author\nAn\n", b'[{"author": "An"}]'])
def test_a_missing_column_is_named(data):
    with pytest.raises(tables.BadTable, match="photo"):
        read(data, "photo")


@pytest.mark.parametrize("data", [b"a\0b,c\n1,2\n", b"[1, 2]", b"{", b"[" * 100_000, b'"' + b"x" * 200_000])
def test_what_is_no_table_is_refused_with_a_reason(data):
    with pytest.raises(tables.BadTable):
        read(data, "photo") or pytest.fail("read as an empty table")


def test_rows_know_where_they_stand():
    assert [row.number for row in tables.rows(b"a\n1\n2\n", needs=())] == [1, 2]
