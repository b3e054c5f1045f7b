"""FastAPI reads the signature of each endpoint when it is registered, which a service does once in its life.

Tests start hundreds of services, each with a hundred endpoints over a pool of its own: a third of the time of a short
test was this. So what was read of the code is kept here; the endpoint itself is each time the new one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from fastapi.dependencies import utils
from fastapi.dependencies.utils import ParamDetails

_read, _analyse = utils.get_typed_signature, utils.analyze_param
# Keys are identities. The values keep alive what these are of, so that no other object gets the same one.
_signatures: dict[tuple[Any, ...], tuple[Any, inspect.Signature]] = {}
_details: dict[tuple[Any, ...], tuple[Any, Any, ParamDetails]] = {}


def _signature(call: Callable[..., Any]) -> inspect.Signature:
    if not inspect.isfunction(call):
        return _read(call)
    defaults = [*(call.__defaults__ or ()), *(call.__kwdefaults__ or {}).values()]
    key = (call.__code__, *map(id, defaults))
    if key not in _signatures:
        _signatures[key] = defaults, _read(call)
    return _signatures[key][1]


def _analysed(*, param_name: str, annotation: Any, value: Any, path_param_names: set[str]) -> ParamDetails:
    key = (param_name, id(annotation), id(value), param_name in path_param_names)
    if key not in _details:
        details = _analyse(param_name=param_name, annotation=annotation, value=value, path_param_names=path_param_names)
        _details[key] = annotation, value, details
    return _details[key][2]


def remember() -> None:
    """Let FastAPI ask here; before the first endpoint is registered."""
    utils.get_typed_signature, utils.analyze_param = _signature, _analysed
