// The answer that stands below a question: blurred until the reader has guessed, or scrolled on, or asked for it by a tap or
// the keyboard. It is there for whoever listens instead of looking, on paper, and without JavaScript.

// asked: the question's cell; blocks: names of those below whose outputs tell the answer; told: what a sentence that tells it
// says. Returns what takes the cover away.
export function cover(asked, blocks, told) {
  const say = new RegExp(`(^|[^\\w.,])(${told.map((one) => String(one).replace(/\W/g, "\\$&")).join("|")})(?![\\w]|[.,]\\d)`);
  const covered = blocks.flatMap((name) => [...document.getElementById(name)?.closest(".cell")?.querySelectorAll(":scope .cell-figure, :scope .chart-data, :scope .cell-output") ?? []])
    .filter((one, _, all) => !all.some((other) => other !== one && other.contains(one)));
  for (let one = asked.nextElementSibling; one && !/^H\d$/.test(one.tagName); one = one.nextElementSibling) if (one.tagName === "P" && say.test(one.textContent)) covered.push(one);
  const lift = () => {
    seen.disconnect();
    for (const one of covered) one.classList.remove("x-covered");
  };
  // Read past: what the reader looks at is now below the question.
  const seen = new IntersectionObserver(([{ isIntersecting, boundingClientRect, rootBounds }]) => {
    if (!isIntersecting && boundingClientRect.bottom <= (rootBounds?.top ?? 0)) lift();
  }, { rootMargin: "-30% 0px 0px 0px" });
  for (const one of covered) {
    one.classList.add("x-covered");
    for (const event of ["click", "focusin"]) one.addEventListener(event, lift, { once: true });
  }
  seen.observe(asked);
  return lift;
}
