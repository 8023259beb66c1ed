"""The film shows the frame of the step that is chosen."""

import json

from microfp import charts, plot_data
from tests.charts.drawings import DATA, RUN, STATES


def test_the_film_shows_the_frame_of_the_step() -> None:
    params = json.loads(charts.scrubber(RUN, STATES, DATA).to_json())["params"]
    (slider,) = (it for it in params if it["name"] == "step")
    assert (slider["bind"]["min"], slider["bind"]["max"], slider["value"]) == (0, 4, 4)
    spans = [(row["step"], row["until"]) for row in plot_data.boundary_frames(STATES, DATA, h=1.0)]
    assert spans == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]
