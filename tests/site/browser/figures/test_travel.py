"""What a reader does with the figures beyond watching: guessing first, sending a link to a moment, reaching a goal."""

from __future__ import annotations

import re

import pytest

from pizzeria.datacenter import load_results
from pizzeria.explorables import predict, sandbox
from support.blog import ROOT
from support.browsers import absent
from support.visit import PHONE, visit, wake

RECORD = load_results(ROOT / "content/data/datacenter.json")
QUESTIONS = {
    "guess-cooks": predict.cooks(),
    "guess-fifty": predict.fifty(),
    "guess-knee": predict.knee(RECORD),
    "guess-edge": predict.edge(),
}


@pytest.fixture(scope="module", params=[1400, 800, PHONE])
def guessing(request, site, browser):
    """Open the post once a width: no guess changes what another asks."""
    with visit(browser, site, request.param, reduced_motion="reduce") as reader:
        yield reader


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_guess_is_drawn_beside_the_answer(guessing, name):
    figure = wake(guessing.page, name)
    _, data, _ = QUESTIONS[name]
    see = figure.get_by_role("button", name="See", exact=True)
    push = see.tap if guessing.page.viewport_size["width"] == PHONE else see.click
    if "choices" in data:
        push()
        assert "Say something first" in figure.locator(".x-then[role=status]").inner_text()
        figure.get_by_label("ready", exact=True).check()
        push()
        rows = figure.locator(".x-answer .x-said-rows div").all_inner_texts()
        assert [row.split() for row in rows] == [
            ["you", "ready"],
            *([who, value] for who, value in data["answers"]),
        ]
    else:
        assert figure.locator(".x-mark").count() == 0, "nothing is told before"
        assert figure.locator(".x-line-of-numbers text").count() >= 4, "the scale has ticks"
        slider = figure.get_by_role("slider")
        slider.press("End")
        high = figure.bounding_box()["height"]
        push()
        assert figure.bounding_box()["height"] == high, "what is told had its place"
        drawn = figure.locator(".x-line-of-numbers")
        assert f"You: {data['most']}" in drawn.get_attribute("aria-label")
        for who, value in data["answers"]:
            assert f"{who}: {value}" in drawn.text_content().replace(",", "")
        inside = drawn.evaluate("""svg => { const b = svg.closest('.x-guess').getBoundingClientRect(); return [...svg.querySelectorAll('text')]
            .every(t => { const r = t.getBoundingClientRect(); return r.left >= b.left - 1 && r.right <= b.right + 1; }); }""")
        assert inside
    assert data["then"] in figure.locator(".x-then[role=status]").inner_text()
    figure.get_by_role("button", name="Guess again").click()
    assert figure.locator(".x-mark, .x-answer dd").count() == 0
    assert guessing.problems == []


@pytest.mark.parametrize("name", ["guess-cooks", "guess-fifty"])
def test_the_answer_is_not_in_sight_before_the_guess(site, browser, name):
    _, data, _ = QUESTIONS[name]
    with visit(browser, site, reduced_motion="reduce") as reader:
        page, figure = reader.page, wake(reader.page, name)
        covered = page.locator(".x-covered")
        assert covered.count() > len(data["covers"]), "outputs, and the sentence that tells it"
        clear = page.locator(".prose").evaluate(
            """(prose, name) => { const all = [...prose.children], start = all.findIndex(e => e.querySelector('#' + name) || e.id === name);
                const next = all.slice(start + 1, start + 5), seen = one => one.closest('.x-covered') ? '' : one.children.length
                    ? [...one.childNodes].map(c => c.nodeType === 3 ? c.data : seen(c)).join('') : one.textContent;
                return next.map(seen).join(' '); }""",
            name,
        )
        assert not re.search(rf"(?<![\d.,]){data['answers'][0][1]}(?![\d.,])", clear), clear
        slider, scale = (
            figure.locator(one).bounding_box() for one in (".x-guess input", ".x-line-of-numbers")
        )
        ends = (scale["x"] - slider["x"], slider["x"] + slider["width"] - scale["x"] - scale["width"])
        assert ends == pytest.approx((12, 12), abs=0.6), (
            "the thumb's middle moves over the scale, from end to end"
        )
        figure.get_by_role("button", name="See", exact=True).click()
        assert covered.count() == 0
        page.reload()
        figure = wake(page, name)
        assert covered.count() > 0
        figure.evaluate("one => scrollBy({ top: one.getBoundingClientRect().bottom, behavior: 'instant' })")
        page.wait_for_function("() => !document.querySelector('.x-covered')")
        assert reader.problems == []


def test_the_answers_stand_there_without_javascript(site, browser):
    with visit(browser, site, java_script_enabled=False) as reader:
        for name, (_, data, _) in QUESTIONS.items():
            text = reader.page.locator(f"#{name}").text_content()
            assert data["question"] in text
            assert all(str(value) in text for _, value in data["answers"])


MOMENTS = {
    "kitchens": ("fig-kitchens-alive", "#kitchens=cooks:3,t:300"),
    "scarce": ("fig-scarce", "#scarce=ovens:8,t:200"),
    "habits": ("fig-habits", "#habits=cooks:3,habit:race,t:100"),
    "yours": ("fig-yours", "#yours=cooks:8,ovens:6,house:apachehut,order:5,t:90"),
    "servers": ("fig-servers-alive", "#servers=pool:20,clients:100,t:700"),
    "knee": ("fig-knee", "#knee=pool:54,wait:500,compute:10"),
    "pipe": ("fig-pipe", "#pipe=did:wwra"),
    "look": ("fig-look", "#look=crowd:300,t:2"),
    "loop": ("fig-turns", "#loop=t:7"),
    "ovens": ("fig-ovens", "#ovens=t:20"),
}


@pytest.mark.parametrize("width", [1400, PHONE])
@pytest.mark.parametrize("name", MOMENTS)
def test_a_link_opens_that_moment_in_a_fresh_browser(site, browser, name, width):
    where, link = MOMENTS[name]
    with visit(browser, site, width, path=f"asynchronous-pizzeria/{link}", reduced_motion="reduce") as reader:
        figure = reader.page.locator(f"#{where}")
        figure.locator('.explorable[data-state="awake"]').wait_for(timeout=60_000)
        box = figure.bounding_box()
        assert -box["height"] < box["y"] < reader.page.viewport_size["height"], "the page leads there"
        reader.page.evaluate("history.replaceState(null, '', location.pathname)")
        reader.context.grant_permissions(["clipboard-read", "clipboard-write"])
        figure.get_by_role("button", name=re.compile("^Copy link to")).click()
        figure.get_by_role("button", name="Copied").wait_for()
        copied = reader.page.evaluate("navigator.clipboard.readText()")
        assert copied.endswith(link), "and the same link leads away again"
        assert reader.page.url == copied
        assert reader.problems == []


def test_what_a_reader_sets_stands_in_the_address(site, browser):
    with visit(browser, site, reduced_motion="reduce") as reader:
        figure = wake(reader.page, "fig-kitchens-alive")
        length = reader.page.evaluate("history.length")
        figure.locator("input[data-key=cooks]").press("ArrowLeft")
        figure.locator('[data-position="3-8-16-20"]').wait_for()
        figure.locator(".x-scrub").press("Home")
        assert reader.page.url.endswith("#kitchens=cooks:3,t:0")
        assert reader.page.evaluate("history.length") == length, "going back leaves the page, as before"


def test_nonsense_in_an_address_does_no_harm(site, browser):
    for link in (
        "#kitchens=cooks:many,t:%3Cb%3E",
        "#pipe=did:zzz",
        "#yours=order:999,house:x",
        "#nobody=a:1",
        "#kitchens=%E0%A4%A",
    ):
        with visit(browser, site, path=f"asynchronous-pizzeria/{link}", reduced_motion="reduce") as reader:
            wake(reader.page, "fig-kitchens-alive")
            wake(reader.page, "fig-yours")
            wake(reader.page, "fig-pipe")
            assert reader.problems == [], link


GOALS = {
    "orders": ({"habit": "urgent", "ovens": 4}, {"habit": "urgent"}),
    "requests": ({"house": "loop"}, {"house": "loop", "rude": True}),
}


@pytest.mark.parametrize("goal", GOALS)
def test_the_goals_can_be_reached_and_sent(site, browser, goal):
    reached, missed = GOALS[goal]
    whole = {**sandbox.START[goal], **reached}
    told = ",".join(
        f"{key}:{str(value).lower() if isinstance(value, bool) else value}" for key, value in whole.items()
    )
    with visit(
        browser, site, path=f"asynchronous-pizzeria/#sandbox=goal:{goal},{told}", reduced_motion="reduce"
    ) as reader:
        if not reader.page.locator('meta[name="python-runtime"]').count():
            absent("the site's Python for its pages")
        figure = wake(reader.page, "fig-sandbox")
        assert figure.locator(".x-sand .x-transport").count() == 0, (
            "what comes with a link runs only when asked to"
        )
        figure.get_by_role("button", name="Run it").click()
        figure.locator('[data-met="true"]').wait_for(timeout=60_000)
        numbers = sandbox.play(goal, **whole)["numbers"]
        assert f"{numbers['served']} served" in figure.locator(".x-box > .x-then").inner_text()
        assert reader.page.url.endswith(f"#sandbox=goal:{goal},{told}"), "the result is a link"
        assert reader.problems == []
    assert sandbox.play(goal, **whole)["met"]
    assert not sandbox.play(goal, **{**sandbox.START[goal], **missed})["met"]
    assert not sandbox.play(goal, **sandbox.START[goal])["met"], "it is not given away"


@pytest.mark.parametrize(
    ("house", "says"), [("nginxopepperoni", "another took over"), ("apachehut", "waits for ever")]
)
def test_a_killed_cook_is_told(site, browser, shots, house, says):
    with visit(
        browser,
        site,
        path=f"asynchronous-pizzeria/#sandbox=goal:orders,house:{house},killed:true",
        reduced_motion="reduce",
    ) as reader:
        if not reader.page.locator('meta[name="python-runtime"]').count():
            absent("the site's Python for its pages")
        figure = wake(reader.page, "fig-sandbox")
        figure.get_by_role("button", name="Run it").click()
        figure.locator(".x-then").filter(has_text=says).first.wait_for(timeout=60_000)
        figure.screenshot(path=shots / f"killed-{house}.png")
        assert reader.problems == []


def test_a_kill_opens_where_it_happens_and_is_flagged(site, browser):
    with visit(browser, site, reduced_motion="reduce") as reader:
        figure = wake(reader.page, "fig-crash")
        if not figure.locator(".x-flag").count():  # on a busy machine the blow may hit nobody over a pizza
            assert "All is done" in figure.locator(".x-then").inner_text()
            return
        told = figure.locator(".x-then").inner_text()
        assert "is killed over order" in told
        assert "done" not in told, "nobody who is still at work"
        assert figure.locator(".x-flag").first.get_attribute("visibility") == "visible"
        figure.locator(".x-scrub").press("Home")
        reader.page.wait_for_function(
            "() => document.querySelector('#fig-crash .x-flag').getAttribute('visibility') === 'hidden'"
        )


def test_the_marks_and_lines_of_the_knee_are_explained(site, browser):
    with visit(browser, site, PHONE, reduced_motion="reduce") as reader:
        figure = wake(reader.page, "fig-knee")
        rows = figure.locator(".x-signs dd").all_inner_texts()
        assert rows == ["the pool", "the loop", "a pool of 10", "a thread each", "our loop", "asyncio"]
        cost = max(RECORD.of("loop"), key=lambda point: point.clients).cpu_ms
        figure.get_by_text("Why marks lie below the lines").click()
        assert f"took the loop {cost:.1f} ms" in figure.locator(".x-now").inner_text()
