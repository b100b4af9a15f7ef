"""Tables as spreadsheets, loggers and other programs save them."""

import numpy as np
import pytest

from millpond.reservoir import InputError
from millpond.scenarios.labels import one_spelling
from millpond.scenarios.tables import one_series, rows_of
from millpond.scenarios.tasks import task_of

X = [0.5, -1.25, 3.0]
ONE = {
    "plain": "0.5\n-1.25\n3\n",
    "no newline at the end": "0.5\n-1.25\n3",
    "byte order mark": "\ufeff0.5\n-1.25\n3\n",
    "Windows": "0.5\r\n-1.25\r\n3\r\n",
    "header": "x\n0.5\n-1.25\n3\n",
    "quoted": '"x"\n"0.5"\n"-1.25"\n"3"\n',
    "comments": "# a laser\n0.5\n-1.25 # here\n\n3\n",
    "dates": "date,x\n2020-01-01,0.5\n2020-01-02,-1.25\n2020-01-03,3\n",
    "dates without a header": "2020-01-01;0.5\n2020-01-02;-1.25\n2020-01-03;3\n",
    "tabs": "time\tx\n10:00\t0.5\n10:01\t-1.25\n10:02\t3\n",
    "decimal comma": "Datum;Wert\n1.1.2020;0,5\n2.1.2020;-1,25\n3.1.2020;3,0\n",
    "time in s": "Time,x\n0,0.5\n0.1,-1.25\n0.2,3\n",
    "index of pandas": ",x\n0,0.5\n1,-1.25\n2,3\n",
    "delimiter at the end": "0.5,\n-1.25,\n3,\n",
    "spaces": "a 0.5\nb -1.25\nc 3\n",
}


@pytest.mark.parametrize("name", ONE)
def test_one_series_is_found(tmp_path, name):
    path = tmp_path / "x.csv"
    path.write_bytes(ONE[name].encode())
    assert one_series(path).tolist() == X
    path.write_bytes(ONE[name].removeprefix("\ufeff").encode("utf-16"))
    assert one_series(path).tolist() == X


@pytest.mark.parametrize("shape", [(3,), (3, 1), (1, 3)])
@pytest.mark.parametrize("dtype", ["f8", "f4", ">f8", "i2"])
def test_one_series_of_numpy_is_found(tmp_path, shape, dtype):
    np.save(tmp_path / "x.npy", np.array([1, -2, 3]).reshape(shape).astype(dtype))
    assert one_series(tmp_path / "x.npy").tolist() == [1, -2, 3]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n3,4\n", r"has 2 columns of numbers \(a, b\), but one series .* cut -d',' -f1 x.csv > column.csv"),
        ("1;2\n3;4\n", r"has 2 columns of numbers \(column 1, column 2\)"),
        ("time,a,b\n0,1,2\n1,3,4\n", r"has 2 columns of numbers \(a, b\), .* cut -d',' -f2"),
        ("date,a\n2,5\n1,4\n", r"has 2 columns of numbers"),  # times that do not increase are none
        ("1\ntwo\n3\n", r"not a series of numbers \(line 2 has 'two'\)"),
        ("x\n1\n\n?\n3\n", r"\(line 4 has no value\)"),
        ("1\nnan\n", r"\(line 2 has no value\)"),
        ("1\ninf\n", r"\(line 2 has 'inf'\)"),
        ("1\n1_000\n", r"\(line 2 has '1_000'\)"),
        ("1,2\n3\n", r"\(line 2 has 1 entries, another has 2\)"),
        ("one\ntwo\n", "no column holds any"),
        ("", "it is empty"),
        ("1\n\0\n", "is not a table of text"),
    ],
)
def test_what_is_no_single_series_is_said(tmp_path, text, says):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=says) as told:
        one_series(path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("array", "says"),
    [
        (np.zeros((5, 2)), r"has shape \(5, 2\), but one series is needed"),
        (np.array([1, np.nan]), "has nan at step 1"),
        (np.array([1j]), "contains no real numbers"),
        (np.array(["a"]), "contains no real numbers"),
        (np.array([{}], object), "is not an array of numbers"),
    ],
)
def test_arrays_that_are_no_single_series_are_said(tmp_path, array, says):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(InputError, match=says):
        one_series(tmp_path / "x.npy")


def test_an_array_that_declares_more_than_it_holds_is_said(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(7))
    content = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "x.npy").write_bytes(content.replace(b"(7,)", b"(7000000000000,)").replace(b" " * 13 + b"\n", b" \n"))
    with pytest.raises(InputError, match="is not an array of numbers"):
        one_series(tmp_path / "x.npy")


def test_a_series_is_forecast_from_every_kind_of_file(tmp_path, rng):
    x = rng.normal(size=2410)
    np.save(tmp_path / "a.npy", x)
    (tmp_path / "a.csv").write_text(
        "\ufeffday;value\n" + "".join(f"d{i};{str(v).replace('.', ',')}\n" for i, v in enumerate(x))
    )
    np.savetxt(tmp_path / "a.txt", x)
    first, *others = (task_of("forecast").load("given", str(tmp_path / f"a.{end}")) for end in ("npy", "csv", "txt"))
    for other in others:
        for (u, asked), (v, answered) in zip(first.every, other.every, strict=True):
            np.testing.assert_allclose(u, v)
            assert asked.keys() == answered.keys()


def test_rows_keep_their_lines_and_are_composed(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a;"b;b"\n\n\nZoe\u0301; "1" \n')
    assert rows_of(path) == ([(1, ["a", "b;b"]), (4, ["Zo\u00e9", "1"])], ";")


@pytest.mark.parametrize(
    ("labels", "same"),
    [
        (["1", "1.0", "2"], ["1", "1", "2"]),
        (["1e2", "100"], ["100", "100"]),
        (["1", "1.0", "one"], ["1", "1.0", "one"]),
        (["nan", "1"], ["nan", "1"]),
        (["1" * 30, "2"], ["1" * 30, "2"]),
        (["0.5", ".50"], ["0.5", "0.5"]),
    ],
)
def test_equal_numbers_are_spelt_alike_where_all_are_numbers(labels, same):
    assert one_spelling(labels) == same
