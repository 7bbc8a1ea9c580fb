// A moment of a figure as the end of an address, #kitchens=cooks:3,t:300, and back. The page leads to the figure; it reads the rest.

// name: of the figure; read(): what stands in the address, by key; write(state): texts by key, once, as the page was opened with.
export function travel(name, { read, write }) {
  const [, given] = location.hash.match(new RegExp(`^#${name}=([\\w:,.-]+)$`)) ?? []; // what it writes needs nothing else
  const address = () => {
    const words = Object.entries(read()).map(([key, value]) => `${key}:${typeof value === "number" ? Math.round(100 * value) / 100 : value}`);
    return new URL(`#${name}=${words.join(",")}`, location.href).href;
  };
  return {
    // True if the address brought something along.
    arrive() {
      if (!given) return false;
      write(Object.fromEntries(given.split(",").map((word) => word.split(/:(.*)/s, 2))));
      return true;
    },
    address,
    keep: () => history.replaceState(history.state, "", address()),
  };
}

// The button that copies it; words: what it leads to, where that is no moment.
export function linkButton(h, trip, words = "Copy link to this moment") {
  const button = h("button", { type: "button", class: "x-link", onclick: async () => {
    trip.keep();
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(trip.address());
    } catch {
      said = "It stands in the address bar";
    }
    button.textContent = said;
    setTimeout(() => (button.textContent = words), 2500);
  } }, words);
  return button;
}
