// Runs before the first paint: a reader's earlier choice of light or dark wins over the system's preference.
try {
  const choice = localStorage.getItem("theme");
  if (choice === "light" || choice === "dark") document.documentElement.dataset.theme = choice;
} catch { /* storage is off: the system's preference stands */ }
