"""The explorable figures in a real browser: by keyboard, on a phone, with less motion, and without JavaScript."""

from __future__ import annotations

import re
import warnings

import pytest

from pizzeria.explorables import kitchens, loads, pipe, servers, turns
from pizzeria.explorables.packed import unpack
from pizzeria.kitchen import OverloadWarning, simulate
from pizzeria.weapons import readiness
from support.browsers import absent
from support.visit import PHONE, WIDE, violations, visit, wake

KITCHENS = ("fig-kitchens-alive", "fig-scarce", "fig-habits")
SERVERS = ("fig-rounds", "fig-servers-alive", "fig-convoys", "fig-rude")
PLAYED = ("fig-yours", *KITCHENS, *SERVERS, "fig-look", "fig-turns", "fig-requests", "fig-ovens", "fig-crash")
FIGURES = ("fig-ring", *PLAYED, "fig-pipe", "fig-knee", "fig-sandbox")
HOUSES = ("apachehut", "nginxopepperoni")


def slide(figure, key, value):
    """Move a slider with the arrow keys until it shows a value."""
    slider = figure.locator(f"input[data-key={key}]")
    shown = figure.locator(f"input[data-key={key}]").locator("xpath=preceding-sibling::output")
    for _ in range(30):
        now = int(re.match(r"\d+", shown.inner_text())[0])
        if now == value:
            return
        slider.press("ArrowRight" if now < value else "ArrowLeft")
    raise AssertionError(f"{key} never showed {value}")


def at(figure, position):
    """Wait until the run of a position is shown."""
    words = "-".join(map(str, position.values()))
    figure.locator(f'[data-position="{words}"]').wait_for(timeout=60_000)
    drawn(figure)


def numbers(figure, house):
    """Read the numbers of a card: name -> text."""
    cells = figure.locator(f".x-card.{house} dd")
    return {cell.get_attribute("data-number"): cell.inner_text() for cell in cells.all()}


def scrub(figure):
    return figure.locator(".x-scrub")


def seconds_of_clock(figure):
    return float(scrub(figure).input_value())


def drawn(figure):
    """Wait until what was asked for is drawn."""
    figure.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def settled(figure):
    """Wait until the clock stands still, and read it."""
    before = None
    for _ in range(40):
        now = seconds_of_clock(figure)
        if now == before:
            return now
        before = now
        figure.page.evaluate("new Promise(done => setTimeout(done, 250))")
    raise AssertionError("the clock never stood still")


def press(figure, label):
    button = figure.get_by_role("button", name=label, exact=True)
    button.focus()
    button.press("Enter")
    drawn(figure)


def type_over(editor, text):
    """Replace all that an editor holds."""
    editor.click()
    editor.page.keyboard.press("Control+a")
    editor.page.keyboard.insert_text(text)


def scrub_by(figure, key):
    scrub(figure).press(key)
    drawn(figure)


@pytest.fixture
def reader(site, browser):
    with visit(browser, site) as visited:
        yield visited
        assert visited.problems == []
        assert visited.foreign == []


def minutes(text):
    """Read a duration as the page writes it."""
    hours, rest = re.fullmatch(r"(\d+) h (\d+)", text).groups()
    return 60 * int(hours) + int(rest)


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


def test_play_pause_step_and_scrub_by_keyboard(reader):
    figure = wake(reader.page, KITCHENS[0])
    start = seconds_of_clock(figure)
    reader.page.evaluate("new Promise(done => setTimeout(done, 300))")
    assert seconds_of_clock(figure) == start, "nothing plays unasked"
    press(figure, "Play")
    figure.get_by_role("button", name="Pause", exact=True).wait_for()
    moved = figure.locator(".x-clock").filter(has_not_text=re.compile(r"^4 h 30 min$"))
    moved.wait_for(timeout=60_000)
    press(figure, "Pause")
    assert "served" in figure.locator(".x-status").inner_text()
    paused = seconds_of_clock(figure)
    assert paused > start
    press(figure, "Step forward")
    one = seconds_of_clock(figure)
    press(figure, "Step forward")
    two = seconds_of_clock(figure)
    press(figure, "Step back")
    assert paused < one < two
    assert seconds_of_clock(figure) == one
    scrub_by(figure, "Home")
    assert seconds_of_clock(figure) == 0
    assert numbers(figure, "apachehut")["waiting"] == "0"
    scrub_by(figure, "ArrowRight")
    spans = [span.start for span in _spans() if span.start > 0]
    assert seconds_of_clock(figure) == pytest.approx(min(spans), abs=0.011), "an arrow goes to the next event"


def _spans():
    return unpack(kitchens.lunch(**kitchens.START)["runs"]["apachehut"])


def test_time_stands_still_while_nobody_looks(reader):
    page = reader.page
    figure = wake(page, KITCHENS[0])
    press(figure, "Play")
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    away = settled(figure)
    page.evaluate("new Promise(done => setTimeout(done, 500))")
    assert seconds_of_clock(figure) == away
    figure.scroll_into_view_if_needed()
    for _ in range(50):
        if seconds_of_clock(figure) > away:
            break
        drawn(figure)
    assert seconds_of_clock(figure) > away, "and goes on when the reader is back"


def test_with_less_motion_it_goes_in_steps_and_nothing_glides(site, browser):
    with visit(browser, site, reduced_motion="reduce") as visited:
        figure = wake(visited.page, KITCHENS[0])
        press(figure, "Play")
        seen, frames, took = visited.page.evaluate("""async () => {
            const scrub = document.querySelector('#fig-kitchens-alive .x-scrub'), seen = new Set(), start = performance.now();
            let frames = 0;
            while (performance.now() - start < 2000) {
                await new Promise(requestAnimationFrame);
                seen.add(scrub.value);
                frames += 1;
            }
            return [seen.size, frames, (performance.now() - start) / 1000];
        }""")
        assert 2 <= seen <= took / 0.8 + 2
        assert frames > seen
        loop = wake(visited.page, "fig-turns")
        press(loop, "Step forward")
        assert (
            visited.page.evaluate(
                "document.querySelector('#fig-turns').getAnimations({subtree: true}).length"
            )
            == 0
        )


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_sticks_out(site, browser, scheme, shots):
    with visit(browser, site, PHONE, scheme, reduced_motion="reduce") as visited:
        for name in FIGURES:
            figure = wake(visited.page, name)
            if name in PLAYED:
                scrub_by(figure, "PageUp")
                scrub_by(figure, "PageUp")
            high = (
                visited.page.viewport_size["height"]
                - visited.page.locator(".toc-fold").bounding_box()["height"]
            )
            assert figure.locator(".x-box").bounding_box()["height"] <= high, (
                f"{name}: controls, picture and curve in one screen"
            )
            assert visited.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
            clipped = figure.locator(".x-box").evaluate("""box => [...box.querySelectorAll('*')].filter(e =>
                e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'visible' && e.clientWidth > 0
                && e.namespaceURI.endsWith('xhtml')).map(e => e.className)""")
            assert clipped == [], name
            small = figure.locator(".x-box").evaluate("""box => [...box.querySelectorAll('button, select, input, summary, .x-choice label')]
                .filter(e => e.checkVisibility() && !['radio', 'checkbox'].includes(e.type) && e.getBoundingClientRect().height < 39.5)
                .map(e => `${e.className || e.tagName}: ${e.getBoundingClientRect().height}`)""")
            assert small == [], f"{name}: a finger needs 40 px"
            fields = figure.locator(".x-box :is(select, textarea, input[type=number])")
            letters = fields.evaluate_all("all => all.map(e => parseFloat(getComputedStyle(e).fontSize))")
            assert all(size >= 16 for size in letters), (
                f"{name}: a telephone enlarges the page for smaller letters"
            )
            cut = figure.locator(".x-box select").evaluate_all("""all => all.filter(e => e.checkVisibility()).filter(e => {
                const words = document.createElement('canvas').getContext('2d'), { font, paddingLeft, paddingRight } = getComputedStyle(e);
                words.font = font;
                return words.measureText(e.selectedOptions[0].text).width + parseFloat(paddingLeft) + parseFloat(paddingRight) + 20 > e.clientWidth;
            }).map(e => e.selectedOptions[0].text)""")
            assert cut == [], f"{name}: words of a select are cut"
            visited.page.screenshot(path=shots / f"{name}-{PHONE}-{scheme}.png")
        assert visited.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_of_a_rush(site, browser, scheme, shots):
    with visit(browser, site, scheme=scheme) as visited:
        figure = wake(visited.page, KITCHENS[0])
        house = numbers(figure, "apachehut")
        assert int(house["waiting"]) > 10
        tokens = figure.locator(".x-card.apachehut .x-order").count()
        assert tokens >= int(house["waiting"]), "every order in the house is drawn"
        figure.screenshot(path=shots / f"kitchens-{scheme}.png")


def test_without_javascript_the_numbers_are_there(site, browser):
    with visit(browser, site, java_script_enabled=False) as visited:
        for name in FIGURES:
            still = visited.page.locator(f"#{name} .explorable")
            assert still.locator("table, img").first.is_visible()
            assert still.locator("table, dl").first.text_content()
            assert still.locator(".x-box").count() == 0
        kitchen = visited.page.locator(f"#{KITCHENS[0]}")
        assert kitchen.locator("img").is_visible()
        run = simulate(kitchens.setup(**kitchens.START), "nginxopepperoni", kitchens.ORDERS, kitchens.SEED)
        assert f"{run.sojourn.most:.0f} min" in kitchen.locator("table").text_content()


def test_a_figure_that_cannot_load_keeps_its_picture(site, browser):
    with visit(browser, site) as visited:
        visited.context.route("**/fig-kitchens-alive.json", lambda route: route.abort())
        visited.page.reload()
        figure = visited.page.locator(f"#{KITCHENS[0]}")
        figure.scroll_into_view_if_needed()
        figure.locator(".explorable-note").wait_for()
        assert figure.locator("table").is_visible()


def test_the_first_view_asks_for_nothing_of_all_this(site, browser):
    with visit(browser, site) as visited:
        visited.page.wait_for_load_state("networkidle")
        early = [url for url in visited.asked if "/explorables/" in url or re.search(r"/fig-[^/]*json$", url)]
        assert early == []


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


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (PHONE, "dark")])
def test_everybody_can_use_the_figures(site, browser, judges, width, scheme):
    with visit(browser, site, width, scheme, reduced_motion="reduce") as visited:
        for name in FIGURES:
            figure = wake(visited.page, name)
            for summary in figure.locator(".x-python > summary").all():
                summary.click()
                figure.locator(".cm-content, textarea[readonly]").wait_for()
            for see in figure.get_by_role("button", name="See", exact=True).all():
                see.click()
        found = violations(visited.page, judges / "axe-core" / "axe.min.js")
        assert found == []


@pytest.mark.parametrize("width", [1400, 800])
def test_a_figure_and_its_curve_fit_one_screen(site, browser, width):
    with visit(browser, site, width, reduced_motion="reduce") as visited:
        for name in FIGURES:
            figure = wake(visited.page, name)
            high = visited.page.viewport_size["height"]
            assert figure.locator(".x-box").bounding_box()["height"] <= high, name
            stuck = figure.locator(".x-box").evaluate(
                "box => [...box.querySelectorAll('*')].filter(e => ['sticky', 'fixed'].includes(getComputedStyle(e).position)).length"
            )
            assert stuck == 0, "nothing lies over a chart or an editor"


def test_something_moves_every_six_thousand_pixels(site, browser):
    with visit(browser, site, 1400, reduced_motion="reduce") as visited:
        for name in FIGURES:
            wake(visited.page, name)
        # Cells that nobody has come near are laid out by a guess: read the page as a reader does, from the top.
        visited.page.evaluate("""async () => {
            for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
                scrollTo({top: y, behavior: 'instant'});
                await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
            }
        }""")
        places = visited.page.evaluate("""[...document.querySelectorAll('.explorable')].map(e => {
            const {top, bottom} = e.getBoundingClientRect();
            return [top + scrollY, bottom + scrollY];
        })""")
        end = visited.page.evaluate(
            "document.querySelector('.prose').getBoundingClientRect().bottom + scrollY"
        )
        assert places[0][0] < visited.page.viewport_size["height"]
        gaps = [
            start - stop
            for (_, stop), (start, _) in zip([(0, 0), *places], [*places, (end, end)], strict=True)
        ]
        assert max(gaps) < 6000, gaps


def test_every_oven_stands_in_its_room(reader):
    figure = wake(reader.page, "fig-scarce")
    for ovens in (12, 24):
        slide(figure, "ovens", ovens)
        at(figure, {**kitchens.START, "rate": 12, "ovens": ovens})
        out = figure.evaluate("""figure => [...figure.querySelectorAll('.x-scene')].flatMap(scene => {
            const floors = [...scene.querySelectorAll('.x-floor')].map(f => f.getBoundingClientRect());
            return [...scene.querySelectorAll('.x-oven rect')].map(o => o.getBoundingClientRect()).filter(o =>
                !floors.some(f => f.left <= o.left && o.right <= f.right && f.top <= o.top && o.bottom <= f.bottom));
        }).length""")
        assert out == 0, ovens


def test_the_ready_box_of_the_loop_is_as_wide_as_the_picture(reader):
    figure = wake(reader.page, "fig-servers-alive")
    left, right = figure.evaluate(
        "figure => [...figure.querySelectorAll('.x-scene')].map(s => s.querySelector('.x-floor').getAttribute('width'))"
    )
    assert left == right


def test_without_the_page_s_python_what_was_computed_is_there(site, browser):
    with visit(browser, site) as visited:

        def without_runtime(route):
            answer = route.fetch()
            route.fulfill(
                response=answer, body=re.sub(r'<meta name="python-runtime"[^>]*>', "", answer.text())
            )

        visited.context.route(site.url(), without_runtime)
        visited.page.reload()
        figure = wake(visited.page, "fig-yours")
        shown = figure.locator("input[data-key=cooks]").locator("xpath=preceding-sibling::output")
        seen = []
        for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight"):
            figure.locator("input[data-key=cooks]").press(key)
            seen.append(int(shown.inner_text()))
        assert seen == [2, 4, 8, 8]
        at(figure, {**kitchens.START, "cooks": 8})
        figure.get_by_text("Rewrite it").click()
        assert figure.locator("textarea").get_attribute("readonly") is not None
        assert "await kitchen.bake" in figure.locator("textarea").input_value()
        assert wake(visited.page, "fig-sandbox").get_by_role("button", name="Run it").is_disabled()
        assert visited.problems == []
