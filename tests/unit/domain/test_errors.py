"""One error tree, drawn in its docstring, with a status for every leaf."""

import re

import pytest

from chalicelib.api.problems import STATUSES
from chalicelib.domain import errors
from chalicelib.domain.errors import BadInput, ProctoringError


def tree(root: type[ProctoringError] = ProctoringError) -> list[type[ProctoringError]]:
    return [root, *(each for branch in root.__subclasses__() for each in tree(branch))]


def drawn() -> list[tuple[str, str]]:
    """(error, its parent) as the docstring draws them."""
    assert errors.__doc__ is not None
    lines = [line for line in errors.__doc__.splitlines() if re.match(r"[│ ]*[├└]── |ProctoringError$", line)]
    path: list[str] = []
    pairs = []
    for line in lines:
        bare = re.sub(r"^[│├└─ ]+", "", line)
        depth = (len(line) - len(bare)) // 4
        name = bare.split()[0]
        path[depth:] = [name]
        pairs.append((name, path[depth - 1] if depth else "Exception"))
    return pairs


def test_the_drawing_is_the_tree() -> None:
    real = [(each.__name__, each.__bases__[0].__name__) for each in tree()]

    assert sorted(drawn()) == sorted(real)


def test_every_error_of_the_module_is_in_the_tree() -> None:
    here = {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, Exception) and each.__module__ == errors.__name__
    }

    assert here == set(tree())


def test_every_error_has_exactly_one_status() -> None:
    assert set(STATUSES) == set(tree())


@pytest.mark.parametrize("error", tree()[1:])
def test_every_error_but_the_root_is_a_status_a_caller_can_act_on(error: type[ProctoringError]) -> None:
    assert STATUSES[error] in {401, 403, 404, 409, 413, 415, 422, 429, 503}


@pytest.mark.parametrize("error", tree())
def test_every_error_says_what_it_means(error: type[ProctoringError]) -> None:
    assert error.__doc__
    assert error.__doc__.splitlines()[0].endswith(".")


def test_bad_input_names_the_places_at_fault() -> None:
    places: tuple[dict[str, object], ...] = ({"loc": ["frame"], "msg": "Field required"},)

    refused = BadInput("Say more.", places)

    assert (str(refused), refused.errors, BadInput("Say more.").errors) == ("Say more.", places, ())
