// The light/dark switch. It appears only when this script runs; without it the system's preference stands.
const button = document.getElementById("theme-switch");
const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

function label() {
  button.textContent = isDark() ? "Light" : "Dark";
  button.setAttribute("aria-label", `Switch to the ${isDark() ? "light" : "dark"} theme`);
}

button.addEventListener("click", () => {
  const wanted = isDark() ? "light" : "dark";
  const matchesSystem = (wanted === "dark") === system.matches;
  if (matchesSystem) delete root.dataset.theme;
  else root.dataset.theme = wanted;
  try {
    if (matchesSystem) localStorage.removeItem("theme");
    else localStorage.setItem("theme", wanted);
  } catch { /* storage is off: the choice lasts for this page */ }
  label();
});
system.addEventListener("change", label);
label();
button.hidden = false;
