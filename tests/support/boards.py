"""The ovens' board as its tests open it, and a kitchen that says what they want it to."""

import json

import paho.mqtt.client as paho

from pizzeria.ovens.brokers.kinds import Access
from pizzeria.ovens.mqtt.broker_url import client_options
from pizzeria.ovens.programs.board.serve import serve_board

ACCESS = Access("cook", "ba:si@l", topics=("kitchen/#", "rome/#"))
SOON = 30_000  # ms


class Kitchen:
    """Says what ovens, tablets and the expediter would say; each word is acknowledged before the next."""

    prefix = ""

    def __init__(self, broker):
        options = client_options(broker.url)
        self.link = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self.link.username_pw_set(options["username"], options["password"])
        self.link.connect(options["hostname"], options["port"])
        self.link.loop_start()

    def says(self, topic, said):
        payload = said if isinstance(said, (str, bytes)) else json.dumps({"v": 1, **said})
        self.link.publish(f"{self.prefix}kitchen/{topic}", payload, qos=1, retain=True).wait_for_publish(10)

    def rush(self):
        states = ["baking", "baked", "empty", "baking", "burnt", "baking", "gone", "baked"]
        for n, state in enumerate(states, 1):
            self.says(f"oven/{n}/state", {"state": state, "order": 40 + n})
        self.says("tablet/anna/state", {"state": "working", "task": "take out", "order": 42})
        self.says("tablet/bruno/state", {"state": "ready"})
        self.says("tablet/carla/state", {"state": "gone"})
        waits = [{"order": 48, "task": "take out of oven 8"}, {"order": 51, "task": "prepare"}]
        self.says("pass/board", {"queue": waits, "served": 37, "burnt": 1})

    def close(self):
        self.link.disconnect()
        self.link.loop_stop()


def open_board(stack, browser, broker, kitchen="", **looks):
    """Serve the board, open it; return the page, on which every error and every request is noted."""
    url = stack.enter_context(serve_board(broker.ws_url, kitchen=kitchen))
    page = browser.new_page(**looks)
    stack.callback(page.close)
    page.errors, page.asked = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.errors.append(said.text))
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("websocket", lambda socket: page.asked.append(socket.url))
    page.goto(url)
    return page


def kitchen_of(stack, broker):
    kitchen = Kitchen(broker)
    stack.callback(kitchen.close)
    return kitchen


def wait_for(page, selector, words):
    page.locator(selector).filter(has_text=words).first.wait_for(timeout=SOON)
