// Numbers in the prose that a reader moves: a range beside each, and every value that follows from it, by the table that the
// build has worked out. Without this script, and until it is moved, the text says what the post's own run said.
function control(number, { name, at, texts }) {
  const post = number.closest("article, .executable-post") ?? document;
  const followers = [...post.querySelectorAll(".eval[data-value]")]
    .filter((element) => /** @type {HTMLElement} */ (element).dataset.value in texts)
    .map((element) => /** @type {HTMLElement} */ (element));
  const own = new Map(followers.map((element) => [element, element.textContent]));
  const start = number.textContent;
  const range = document.createElement("input");
  range.type = "range";
  [range.min, range.max, range.step] = ["0", String(at.length - 1), "1"];
  const nearest = at.reduce((best, value, place) => (Math.abs(value - Number(start)) < Math.abs(at[best] - Number(start)) ? place : best), 0);
  range.value = String(nearest);
  range.setAttribute("aria-label", name.replaceAll("_", " ").toLowerCase());
  const back = document.createElement("button");
  back.type = "button";
  back.textContent = "Reset";
  back.setAttribute("aria-label", `Reset ${name.replaceAll("_", " ").toLowerCase()} to ${start}`);
  back.hidden = true;
  const say = (place) => {
    for (const element of followers) {
      const text = place === null ? own.get(element) : texts[element.dataset.value][place];
      element.textContent = text ?? "–"; // there, the post itself would fail
      element.classList.toggle("moved", element.textContent !== own.get(element));
    }
    if (place !== null && !followers.includes(number)) number.textContent = at[place];
    range.setAttribute("aria-valuetext", number.textContent);
    back.hidden = place === null;
  };
  range.addEventListener("input", () => say(Number(range.value)));
  back.addEventListener("click", () => {
    range.value = String(nearest);
    say(null);
    range.focus();
  });
  range.setAttribute("aria-valuetext", start);
  const frame = document.createElement("span");
  frame.className = "scrub";
  number.replaceWith(frame);
  frame.append(number, range, back);
}

async function look() {
  /** @type {HTMLElement[]} */
  const numbers = [...document.querySelectorAll("[data-scrub-src]")].map((element) => /** @type {HTMLElement} */ (element))
    .filter((element) => !element.closest(".scrub"));
  for (const address of new Set(numbers.map((number) => number.dataset.scrubSrc))) { // a page of several posts has several
    try {
      const answer = await fetch(new URL(address, document.baseURI));
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
      const tables = await answer.json();
      for (const number of numbers.filter(({ dataset }) => dataset.scrubSrc === address)) control(number, tables[number.dataset.value]);
    } catch (error) {
      console.error(`what moves ${address}:`, error); // the numbers stay as they are
    }
  }
}

look();
document.addEventListener("executable-posts:changed", look);
