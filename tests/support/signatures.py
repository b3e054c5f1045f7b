"""FastAPI reads the signature of each endpoint when it is registered, which a service does once in its life.

Tests start hundreds of services, each with a hundred endpoints over a pool of its own: a third of the time of a short
test was this. So what was read of the code is kept here; the endpoint itself is each time the new one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

from fastapi import routing
from fastapi._compat.v2 import ModelField
from fastapi.dependencies import utils
from fastapi.dependencies.utils import ParamDetails
from fastapi.utils import create_model_field

_analyse = utils.analyze_param
# Keys are identities. The values keep alive what these are of, so that no other object gets the same one.
_details: dict[tuple[Any, ...], tuple[Any, Any, ParamDetails]] = {}
Read = Callable[[Callable[..., Any]], inspect.Signature]


def _kept(read: Read) -> Read:
    """`read`, asked once for a class and once for all functions of the same code and defaults."""
    found: dict[tuple[Any, ...], tuple[Any, inspect.Signature]] = {}

    def look(call: Callable[..., Any]) -> inspect.Signature:
        said: tuple[Any, ...]
        key: tuple[Any, ...]
        if inspect.isclass(call):
            said, key = (), (call,)
        elif inspect.isfunction(call) and not hasattr(call, "__wrapped__"):
            said = (call.__code__, *(call.__defaults__ or ()), *(call.__kwdefaults__ or {}).values())
            key = tuple(map(id, said))
        else:
            return read(call)
        if key not in found:
            found[key] = said, read(call)
        return found[key][1]

    return look


def _analysed(*, param_name: str, annotation: Any, value: Any, path_param_names: set[str]) -> ParamDetails:
    key = (param_name, id(annotation), id(value), param_name in path_param_names)
    if key not in _details:
        details = _analyse(param_name=param_name, annotation=annotation, value=value, path_param_names=path_param_names)
        _details[key] = annotation, value, details
    return _details[key][2]


@cache
def _made(name: str, type_: Any, mode: Literal["validation", "serialization"] = "validation") -> ModelField:
    return create_model_field(name, type_, mode=mode)


def remember() -> None:
    """Let FastAPI ask here; before the first endpoint is registered."""
    for module, name, kept in (
        (utils, "get_typed_signature", _kept(utils.get_typed_signature)),
        (utils, "_get_signature", _kept(utils._get_signature)),  # of what an endpoint returns
        (utils, "analyze_param", _analysed),
        (routing, "create_model_field", _made),
    ):
        setattr(module, name, kept)
