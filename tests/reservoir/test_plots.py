"""What the plots show, by what is on the axes."""

import numpy as np
import pytest
from scipy import sparse

from millpond.reservoir import InputError, plots

RNG = np.random.default_rng(0)


def bar(ax):
    """The bar of colours beside a map."""
    return next(other for other in ax.figure.axes if other is not ax)


def test_a_raster_has_a_mark_for_each_spike_and_tells_inhibitory_units_apart():
    times, units = np.array([0.01, 0.02, 0.02, 0.05]), np.array([0, 2, 1, 2])
    ax = plots.raster(times, units)
    [line] = ax.lines
    assert np.array_equal(line.get_xydata(), np.column_stack([times, units]))
    assert line.get_linestyle() == "None" and line.get_marker() == "|"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "unit")
    assert ax.get_legend() is None
    ax = plots.raster(times, units, inhibitory=[False, False, True])
    excites, inhibits = ax.lines
    assert excites.get_xdata().tolist() == [0.01, 0.02] and inhibits.get_xdata().tolist() == [0.02, 0.05]
    assert (excites.get_color(), inhibits.get_color()) == plots.COLOURS[:2]
    assert excites.get_marker() != inhibits.get_marker()  # also without colours
    assert [text.get_text() for text in ax.get_legend().texts] == ["excitatory", "inhibitory"]
    with pytest.raises(InputError, match="has 2 entries, but units 0 to 2 fire"):
        plots.raster(times, units, inhibitory=[True, False])
    assert len(plots.raster([], []).lines[0].get_xdata()) == 0


def test_states_lie_along_time_in_seconds_and_colours_part_at_zero_where_there_is_a_sign():
    x = RNG.normal(size=(30, 4))
    ax = plots.states(x, period=0.01)
    [image] = ax.images
    assert np.array_equal(image.get_array(), x.T)
    assert image.get_extent() == pytest.approx([0, 0.3, -0.5, 3.5])
    assert (ax.get_xlabel(), ax.get_ylabel(), bar(ax).get_ylabel()) == ("time (s)", "unit", "state")
    low, high = image.get_clim()
    assert low == -high == -np.quantile(np.abs(x), 0.995)
    assert image.get_cmap().name == "RdBu_r"
    [image] = plots.states(np.abs(x)).images
    assert image.get_clim()[0] == 0 and image.get_cmap().name == "viridis"


def test_a_surface_is_as_long_and_wide_as_the_tank():
    heights = 1e-3 * RNG.normal(size=(6, 4))
    ax = plots.surface(heights, (0.3, 0.2), motors=[[0.1, 0.05], [0.2, 0.1]])
    [image] = ax.images
    assert np.array_equal(image.get_array(), heights.T)  # x to the right, y upwards
    assert image.origin == "lower"
    assert image.get_extent() == pytest.approx([0, 0.3, 0, 0.2])
    assert ax.get_aspect() == 1
    assert (ax.get_xlabel(), ax.get_ylabel(), bar(ax).get_ylabel()) == ("x (m)", "y (m)", "height (m)")
    assert image.get_clim() == pytest.approx((-np.abs(heights).max(), np.abs(heights).max()))
    assert ax.lines[0].get_xydata().tolist() == [[0.1, 0.05], [0.2, 0.1]]


def test_a_spectrum_lies_inside_the_circle_of_its_radius(monkeypatch):
    turn = 0.9 * np.array([[0.0, -1.0], [1.0, 0.0]])  # eigenvalues 0.9 i and -0.9 i
    ax = plots.spectrum(turn)
    values, circle = ax.lines
    assert sorted(values.get_ydata()) == pytest.approx([-0.9, 0.9])
    assert np.hypot(*circle.get_data()) == pytest.approx(np.full(201, 0.9))
    assert [text.get_text() for text in ax.get_legend().texts] == ["2 eigenvalues", "spectral radius 0.9"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_aspect()) == ("real part", "imaginary part", 1)
    sizes = np.concatenate([RNG.uniform(-0.5, 0.5, 190), np.linspace(0.6, 1.2, 10)])
    W = sparse.diags(sizes).tocsr()
    whole = plots.spectrum(W).lines[0].get_xdata()
    assert np.sort(whole) == pytest.approx(np.sort(sizes))
    monkeypatch.setattr(plots, "DENSE_UNITS", 100)
    ax = plots.spectrum(W, largest=5)
    assert np.sort(ax.lines[0].get_xdata()) == pytest.approx(np.sort(sizes)[-5:], rel=1e-3)
    assert ax.get_legend().texts[0].get_text() == "the 5 largest of 200"


def test_axes_that_are_given_are_drawn_on_and_a_figure_is_written_as_lines(tmp_path):
    given = plots.axes()
    assert plots.raster([0.1], [0], ax=given) is given and len(given.lines) == 1
    given.figure.savefig(tmp_path / "raster.svg")
    assert "time (s)" in (tmp_path / "raster.svg").read_text()


def test_colours_stay_apart_for_people_who_do_not_see_red_and_green():
    """By the matrices of Machado, Oliveira and Fernandes (2009) for deutan and protan vision, in linear RGB."""
    from matplotlib.colors import to_rgb

    seen_by = {
        "deutan": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
        "protan": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    }
    rgb = np.array([to_rgb(colour) for colour in plots.COLOURS])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for matrix in seen_by.values():
        seen = np.clip(linear @ np.transpose(matrix), 0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen, axis=2)[np.triu_indices(len(seen), 1)]
        assert apart.min() > 0.1
