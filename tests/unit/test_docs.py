"""What is documented is what is."""

import re
from pathlib import Path

import pytest

from chalicelib.api.descriptions import Described
from chalicelib.api.endpoint import OPERATIONS
from chalicelib.api.problems import STATUSES
from chalicelib.domain.rules import RULES
from chalicelib.settings import Settings
from chalicelib.telemetry import Metric
from infra import docs

ROOT = Path(__file__).parents[2]
PAGES = docs.pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_says_what_the_code_says(name: str) -> None:
    """If this fails, run `make docs`."""
    assert (ROOT / "docs" / name).read_text() == PAGES[name]


def test_every_alert_type_setting_route_error_and_metric_is_documented() -> None:
    told = "".join(PAGES.values())
    expected = {
        *RULES,
        *(name.upper() for name in Settings.model_fields),
        *(each.__name__ for each in STATUSES),
        *(metric.title for metric in Metric),
    }
    routes = {f'"{operation.path}"' for operation in OPERATIONS}

    assert {name for name in expected if f"`{name}`" not in told} == set()
    assert {route for route in routes if route not in PAGES["openapi.json"]} == set()


def test_every_rule_setting_and_operation_says_what_it_is() -> None:
    settings = Settings.model_json_schema(schema_generator=Described)["properties"]

    assert all(rule.message.endswith(".") for rule in RULES.values())
    assert [name for name in Settings.model_fields if not settings[name].get("description")] == []
    assert all(operation.doc for operation in OPERATIONS)


LINKING = [
    "README.md",
    "CONTRIBUTING.md",
    *(f"docs/{name}.md" for name in ("architecture", "cost", "deploy", "exams", "runbook")),
]


@pytest.mark.parametrize("page", LINKING)
def test_links_lead_to_files(page: str) -> None:
    source = ROOT / page
    links = re.findall(r"\]\(([^)#:]+)\)", source.read_text())

    assert [link for link in links if not (source.parent / link).exists()] == []


def test_the_map_of_the_house_names_every_module() -> None:
    drawn = (ROOT / "docs" / "architecture.md").read_text()
    packages = [
        path for path in (ROOT / "chalicelib").iterdir() if path.is_dir() and path.name != "__pycache__"
    ]
    modules = [*(ROOT / "chalicelib").glob("*.py"), *(ROOT / "chalicelib" / "domain").glob("*.py")]

    assert [path.name for path in packages if f"  {path.name}/" not in drawn] == []
    assert [
        path.name for path in modules if path.name != "__init__.py" and f" {path.name} " not in drawn
    ] == []
