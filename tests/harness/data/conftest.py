"""What tests of data sets of a hub share."""

import pytest


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """The library, which the extra ``hub`` installs, with its cache out of the way."""
    module = pytest.importorskip("datasets", reason="needs the extra `hub`")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
        patch.setattr(module.config, "HF_HUB_OFFLINE", True)
        module.disable_progress_bars()
        yield module
