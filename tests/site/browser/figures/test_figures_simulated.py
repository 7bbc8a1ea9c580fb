"""The figures say what the simulator, the kernel and the loop say, wherever a reader puts them."""

from __future__ import annotations

import warnings

import pytest

from pizzeria.explorables import kitchens, loads, pipe, servers, turns
from pizzeria.explorables.packed import unpack
from pizzeria.kitchen import OverloadWarning, simulate
from pizzeria.weapons import readiness
from support.browsers import absent
from support.figures import (
    HOUSES,
    KITCHENS,
    SERVERS,
    at,
    minutes,
    numbers,
    press,
    scrub_by,
    seconds_of_clock,
    slide,
    type_over,
)
from support.visit import wake


@pytest.mark.parametrize(
    ("figure", "changes"),
    [
        ("kitchens", {"cooks": 2}),
        ("kitchens", {}),
        ("scarce", {"ovens": 8}),
        ("habits", {"cooks": 3}),
        ("habits", {}),
    ],
)
def test_two_kitchens_end_where_the_simulator_ended(reader, figure, changes):
    about = kitchens.FIGURES[figure]
    shown = wake(reader.page, KITCHENS[list(kitchens.FIGURES).index(figure)])
    position = {**kitchens.START, **about.get("fixed", {}), **about["start"], **changes}
    for key, value in changes.items():
        slide(shown, key, value)
    at(shown, position)
    scrub_by(shown, "End")
    for house in about["houses"]:
        hut = house["run"] == "apachehut"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OverloadWarning)
            strategy, policy = ("apachehut", "urgent") if hut else ("nginxopepperoni", house["run"])
            run = simulate(kitchens.setup(**position), strategy, kitchens.ORDERS, kitchens.SEED, policy)
        said = numbers(shown, house["key"])
        truth = {"served": run.served, "burnt": run.burnt, "waiting": 0}
        for name in set(truth) & set(said):
            assert said[name] == str(truth[name]), name
        assert minutes(said["longest"]) == pytest.approx(run.sojourn.most, abs=1.01)
        assert f"{run.served} served" in shown.locator(".x-status").inner_text()


def test_the_other_kitchen_shows_the_other_habit(reader):
    figure = wake(reader.page, "fig-habits")
    position = {
        **kitchens.START,
        **kitchens.FIGURES["habits"]["fixed"],
        **kitchens.FIGURES["habits"]["start"],
    }
    card = figure.locator(".x-card.nginxopepperoni")
    for habit in ("race", "urgent"):
        figure.get_by_label("The other shows", exact=True).select_option(habit)
        scrub_by(figure, "End")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", OverloadWarning)
            run = simulate(
                kitchens.setup(**position), "nginxopepperoni", kitchens.ORDERS, kitchens.SEED, habit
            )
        assert kitchens.HABITS[habit]["title"] in card.locator(".x-title").inner_text()
        assert numbers(figure, "nginxopepperoni")["burnt"] == str(run.burnt)
        assert minutes(numbers(figure, "nginxopepperoni")["longest"]) == pytest.approx(
            run.sojourn.most, abs=1.01
        )
        told = figure.locator(".x-status").inner_text()
        assert f"{kitchens.HABITS[habit]['title']}: {run.served} served" in told
        assert ("walked in vain" in told) == (habit == "race")


def test_the_first_thought_is_not_misleading(reader):
    """Where a figure opens, the house that is better at the end looks better already."""
    figure = wake(reader.page, KITCHENS[0])
    hut, ngin = (numbers(figure, house) for house in HOUSES)
    assert int(hut["waiting"]) > int(ngin["waiting"])
    assert minutes(hut["longest"]) > minutes(ngin["longest"])
    habits = wake(reader.page, KITCHENS[2])
    assert int(numbers(habits, "oldest")["burnt"]) > 5 > int(numbers(habits, "nginxopepperoni")["burnt"])


@pytest.mark.parametrize("figure", ["rounds", "servers", "convoys", "rude"])
def test_two_servers_end_where_the_simulator_ended(reader, figure):
    about = loads.FIGURES[figure]
    shown = wake(reader.page, SERVERS[["rounds", "servers", "convoys", "rude"].index(figure)])
    clients = about["start"]["clients"]
    scrub_by(shown, "End")
    for house, run in zip(about["houses"], loads.at(figure, about["start"])["runs"].values(), strict=True):
        said = numbers(shown, house["key"])
        assert said["served"] == str(servers.ROUNDS * clients)
        stays = [s.end - s.start for s in unpack(run, servers.UNIT) if s.what == "in the house"]
        assert float(said["longest"].removesuffix(" ms").replace(",", "")) == pytest.approx(
            max(stays), abs=0.7
        )


def test_ceilings_follow_and_the_measured_points_stay(reader):
    figure = wake(reader.page, "fig-knee")
    assert figure.locator(".x-measured path").count() > 10
    assert "bends at 10 clients" in figure.locator(".x-then").inner_text()
    before = figure.locator(".x-measured path").first.get_attribute("transform")
    figure.locator("input[data-key=pool]").fill("20")
    assert "bends at 20 clients" in figure.locator(".x-then").inner_text()
    assert figure.locator(".x-measured path").first.get_attribute("transform") == before


def test_the_pipe_answers_as_the_kernel_does(reader):
    figure = wake(reader.page, "fig-pipe")
    assert "stuck" in figure.get_by_role("status").inner_text(), "it begins with a pipe that was read in part"
    press(figure, "Start again")
    press(figure, "Write 8 bytes")
    assert figure.locator(".x-bytes").text_content() == pipe.WRITTEN.decode(), "as one reads it"
    press(figure, "Undo")
    for action in (
        "Write 8 bytes",
        "Read 4 bytes",
        "Only ask",
        "Write 8 bytes",
        "Read 4 bytes",
        "Read 4 bytes",
        "Read 4 bytes",
    ):
        press(figure, action)
    rows = [row.locator("td").all_inner_texts()[1:] for row in figure.locator(".x-box tbody tr").all()]
    for column, temper in enumerate(("level", "edge", "one-shot")):
        heard = ["ready" in rows[n][column] for n in (0, 1, 2, 3, 6)]
        assert heard == list(readiness(temper).values()), temper
    assert "now you may go to sleep" in figure.get_by_role("status").inner_text()
    press(figure, "Undo")
    assert figure.locator(".x-box tbody tr").count() == 6
    assert "stuck" in figure.get_by_role("status").inner_text()
    press(figure, "Start again")
    assert figure.get_by_role("button", name="Undo").is_disabled()


def test_the_loop_steps_through_its_turns(reader):
    figure = wake(reader.page, "fig-turns")
    pictures = turns.run()
    press(figure, "Step forward")
    press(figure, "Step forward")
    told = figure.locator(".x-then").inner_text()
    assert pictures[2]["then"] in told
    assert f"Order {pictures[2]['runs']} ran" in told
    assert figure.locator(".x-pending li").count() == len(pictures[2]["pending"])
    scrub_by(figure, "End")
    assert figure.locator(".x-cell.done .x-chip").count() == 3
    assert "nothing" in figure.locator(".x-pending").inner_text()


def test_an_order_is_followed_by_its_line_and_the_reader_s_own_runs(reader):
    if not reader.page.locator('meta[name="python-runtime"]').count():
        absent("the site's Python for its pages")
    figure = wake(reader.page, "fig-yours")
    number, time = 7, seconds_of_clock(figure)
    run = kitchens.at("yours", kitchens.FIGURES["yours"]["start"])["runs"]["urgent"]
    lines, at_line, moment = run["lines"][number], -1, 0.0
    for since, line in zip(lines[::2], lines[1::2], strict=True):
        moment += since * kitchens.UNIT
        if moment <= time:
            at_line = line
    assert figure.locator(".x-line.is-now code").inner_text() == kitchens.SOURCE.splitlines()[at_line].strip(
        "\n"
    )
    figure.locator(".x-order:not(.x-yours)").first.click()
    assert figure.get_by_label("Follow order").input_value() != str(number)
    assert figure.locator(".x-order.x-yours").count() == 1
    figure.get_by_label("House", exact=True).select_option("apachehut")
    figure.locator(".x-card.apachehut").wait_for()
    position = {**kitchens.START, "cooks": 5}
    slide(figure, "cooks", 5)
    at(figure, position)
    figure.get_by_label("House", exact=True).select_option("nginxopepperoni")
    scrub_by(figure, "End")
    result = simulate(kitchens.setup(**position), HOUSES[1], kitchens.ORDERS, kitchens.SEED)
    assert minutes(numbers(figure, HOUSES[1])["longest"]) == pytest.approx(result.sojourn.most, abs=1.01)
    figure.get_by_text("Rewrite it").click()
    source = figure.locator(".x-editor .cm-content")
    source.wait_for()
    mine = kitchens.SOURCE.replace(
        "await kitchen.prepare\n", "await kitchen.prepare\n            await kitchen.bake\n"
    )
    type_over(source, mine)
    reader.page.keyboard.press("Control+Enter")
    figure.locator(f'[data-position="{"-".join(map(str, position.values()))}-yours"]').wait_for(
        timeout=30_000
    )
    expected = kitchens.rewritten(mine, **position)["runs"]["urgent"]["counts"]
    assert minutes(numbers(figure, HOUSES[1])["longest"]) == pytest.approx(expected["longest"], abs=1.01)
    assert figure.locator(".x-line", has_text="await kitchen.bake").count() == 2, "the lines are the reader's"
    type_over(source, "async def order(kitchen, call, restock):\n    await kitchen.bke")
    press(figure, "Replay with this version")
    figure.locator(".x-said", has_text="line 2: AttributeError").wait_for()
    press(figure, "Reset")
    at(figure, position)
