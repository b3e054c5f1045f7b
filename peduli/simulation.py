"""`peduli simulate`: ours beside what was done, in one table and three charts; with `--week` a real week."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from peduli.tables import show

if TYPE_CHECKING:
    from services.distribution.cli.simulate import Bound, Figures, WeekFigures

FIRST_DAY = datetime(2021, 7, 1)  # noqa: DTZ001 - a day, not a moment
OF_A_SUMMER = ("days", "begin", "scale", "goods", "charts")  # options that a single week has no use for
HOURS, SHARES = ("hours_to_first", "hours_purchase_to_door"), ("coverage", "lowest_decile", "lowest_decile_kelurahan")


def simulate(
    context: typer.Context,
    city: Annotated[str, typer.Option(help="city code; its history must be known")] = "3276",
    days: Annotated[int, typer.Option(min=1, max=90, help="days to play")] = 60,
    seed: Annotated[int, typer.Option(help="the same seed draws the same world")] = 1,
    begin: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="first day")] = FIRST_DAY,
    scale: Annotated[float, typer.Option(min=0.001, max=1, help="part of the city that is played")] = 0.1,
    goods: Annotated[Literal["kits", "loose", "both"], typer.Option(help="what is bought")] = "both",
    charts: Annotated[Path | None, typer.Option(help="write SVG charts into this folder")] = None,
    week: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="play this round alone, by its Monday: 2021-07-26, all of the city"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Play July and August 2021 again: our allocation beside first come first served, equal numbers, and hindsight."""
    from services.distribution.cli import simulate as playing

    if week is not None:
        _must_be_alone(context)
        _replay(city, week.date(), seed, as_json)
        return

    played = partial(playing.simulate, city, begin=begin.date(), days=days, seed=seed, scale=scale, goods=goods)
    found, best = _watched(played, days, list(playing.policies()))
    if charts is not None:
        charts.mkdir(parents=True, exist_ok=True)
        for name, drawing in playing.charts(found, best.persons if best else None).items():
            (charts / name).write_text(drawing, encoding="utf-8")
    if as_json:
        told = {"city": city, "days": days, "seed": seed, "scale": scale, "goods": goods}
        told |= {"hindsight": best._asdict() if best else None}
        print(json.dumps({**told, "policies": [asdict(one) for one in found]}, indent=2))
        return
    show(_table(found), False)
    if best is None:
        print("hindsight needs OR-tools")
    else:
        print(
            f"in hindsight {best.persons} persons could have been reached; {best.spoilt:.1%} of the goods had to spoil"
        )


def _watched(
    play: Callable[..., tuple[list[Figures], Bound | None]], days: int, policies: list[str]
) -> tuple[list[Figures], Bound | None]:
    """What is played, with a bar of its days for each policy: a whole city takes minutes."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as progress:
        bars = {name: progress.add_task(name, total=days) for name in policies}
        return play(say=progress.console.print, on_day=lambda name: progress.advance(bars[name]))


def _must_be_alone(context: typer.Context) -> None:
    sources = {name: context.get_parameter_source(name) for name in OF_A_SUMMER}
    given = [name for name, source in sources.items() if source is not None and source.name != "DEFAULT"]
    if given:
        raise typer.BadParameter(f"--week plays the whole city for one week: without --{given[0]}")


def _replay(city: str, round_: date, seed: int, as_json: bool) -> None:
    """The plan of a real week, and what becomes of it beside the same number for every kelurahan."""
    from services.distribution.cli import simulate as playing

    lines, found = playing.replay(city, round_, seed)
    if as_json:
        told = {"city": city, "week": round_.isoformat(), "seed": seed, "plan": [asdict(line) for line in lines]}
        print(json.dumps({**told, "ways": [asdict(one) for one in found]}, indent=2))
        return
    show(_table_of_week(found), False)
    units, places = {line.unit for line in lines}, {line.kecamatan for line in lines}
    print(f"{sum(line.packets for line in lines)} packets of {len(units)} units to {len(places)} kecamatan")


def _table_of_week(found: list[WeekFigures]) -> list[dict[str, str]]:
    """A row per measure, a column per way."""
    rows = {
        "packets carried": [str(one.packets) for one in found],
        "came to an isolated household": [str(one.in_time) for one in found],
        "came after the isolation": [str(one.late) for one in found],
        "at no door by Sunday evening": [str(one.packets - one.in_time - one.late) for one in found],
        "households reached": [str(one.households) for one in found],
        "persons reached": [str(one.persons) for one in found],
        "kelurahan with none": [str(one.kelurahan_with_none) for one in found],
        "Jain index of kelurahan": [f"{one.jain_kelurahan:.3f}" for one in found],
        "km from the unit": [f"{one.km:.1f}" for one in found],
        "km from there to the door": [f"{one.km_to_door:.1f}" for one in found],
        "planning of carrying, ms": [f"{one.carry_ms:.1f}" for one in found],
        "longest planning of doors, ms": [f"{one.doors_ms:.0f}" for one in found],
    }
    return _by_name(rows, [one.way for one in found])


def _table(found: list[Figures]) -> list[dict[str, str]]:
    """A row per measure, a column per policy."""
    rows = {
        "persons reached in time": [str(one.persons_reached) for one in found],
        "of hindsight": [f"{one.of_hindsight:.1%}" if one.of_hindsight is not None else "-" for one in found],
        **{name.replace("_", " "): [f"{getattr(one, name):.1%}" for one in found] for name in SHARES},
        "Jain index of kelurahan": [f"{one.jain_kelurahan:.3f}" for one in found],
        **{name.replace("_", " "): [f"{getattr(one, name):.1f}" for one in found] for name in HOURS},
        "goods expired": [f"{one.expired:.1%}" for one in found],
        "came too late": [f"{one.late:.1%}" for one in found],
        "planned too late": [str(one.planned_late) for one in found],
        "km from goods to door": [f"{one.km:.1f}" for one in found],
        "changed before accepted": [f"{one.churn:.1%}" for one in found],
        "most changed in a run": [f"{one.most_churn:.1%}" for one in found],
        "packets": [str(one.packets) for one in found],
    }
    return _by_name(rows, [one.policy for one in found])


def _by_name(rows: dict[str, list[str]], names: list[str]) -> list[dict[str, str]]:
    return [{"measure": measure, **dict(zip(names, values, strict=True))} for measure, values in rows.items()]
