// A dial to turn: what a site of its own brings to play with.
export const sheet = new URL("dial.css", import.meta.url).href;

export default (box, data) => {
  const input = document.createElement("input");
  const shown = document.createElement("output");
  Object.assign(input, { type: "range", min: 0, max: data.most, value: 0, ariaLabel: "The dial" });
  input.addEventListener("input", () => (shown.textContent = `${input.value} of ${data.most}`));
  box.classList.add("dial");
  box.append(input, shown);
};
