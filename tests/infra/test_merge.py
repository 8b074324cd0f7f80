from collections.abc import Mapping

import pytest

from infra.merge import merge

PORTAL, GIS = {"portal": "until May"}, {"gis": "moved away"}


@pytest.mark.parametrize(
    ("here", "before", "there", "expected"),
    [
        pytest.param({}, {}, {"site": "a"}, {"site": "a"}, id="what is committed comes"),
        pytest.param({"site": "b"}, {"site": "a"}, {"site": "a"}, {"site": "a"}, id="and wins"),
        pytest.param({"salt": "x"}, {}, {}, {"salt": "x"}, id="what was never committed stays"),
        pytest.param({"uplink": "a"}, {"uplink": "a"}, {}, {}, id="what is committed no more goes"),
        pytest.param({"uplink": "b"}, {"uplink": "a"}, {}, {"uplink": "b"}, id="unless it was changed here"),
        pytest.param({"n": "5", "b": "true"}, {"n": 5, "b": True}, {}, {}, id="writing it anew is no change"),
        pytest.param(
            {"released": GIS}, {}, {"released": PORTAL}, {"released": {**PORTAL, **GIS}}, id="a map is merged by key"
        ),
        pytest.param(
            {"released": {**PORTAL, **GIS}}, {"released": PORTAL}, {}, {"released": GIS}, id="and loses what went"
        ),
        pytest.param({"released": PORTAL}, {"released": PORTAL}, {}, {}, id="wholly, where nothing else is in it"),
        pytest.param(
            {"released": PORTAL}, {}, {"released": "all"}, {"released": "all"}, id="text in a map's place wins"
        ),
        pytest.param(
            {"released": "all"}, {}, {"released": PORTAL}, {"released": PORTAL}, id="so does a map in a text's"
        ),
    ],
)
def test_merge(
    here: Mapping[str, object], before: Mapping[str, object], there: Mapping[str, object], expected: object
) -> None:
    assert merge(here, before, there) == expected
