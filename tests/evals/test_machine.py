"""What is written about a run: the machine, the versions, and digests that follow what matters."""

from rag.config import load
from rag.evals.machine import code_digest, config_digest, machine, versions


def test_the_machine_and_the_versions_are_reported() -> None:
    found = machine()
    assert all(found[name] for name in ("processor", "cores", "memory_gb", "system"))
    found = versions()
    assert found["python"]
    assert found["numpy"] != "not installed"


def test_settings_that_change_a_figure_change_the_digest_and_others_do_not() -> None:
    def digest(*overrides: str) -> str:
        return config_digest(load("default", overrides=overrides, environment={}))

    assert digest() == digest()
    for same in (
        "models.folder=/x",
        "generator.api_key=secret",
        "generator.threads=7",
        "fetch.timeout=5",
    ):
        assert digest(same) == digest(), same
    for other in ("retrieve.passages=5", "generator.context_length=2048", "answer.support=0.9"):
        assert digest(other) != digest(), other


def test_the_code_has_a_digest() -> None:
    assert code_digest() == code_digest()
    assert len(code_digest()) == 64
