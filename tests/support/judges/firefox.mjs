// Opens a page in a Firefox as it comes, by WebDriver BiDi, and prints what happened there as JSON.
// The task comes by standard input: puppeteer (its module), firefox (the program), url, tasks (for run), run (a function
// of a task, as text), shot (a file for a picture).
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { puppeteer, firefox, url, tasks, run, shot } = JSON.parse(readFileSync(0, "utf8"));
const { default: library } = await import(pathToFileURL(puppeteer));
const browser = await library.launch({ browser: "firefox", executablePath: firefox, headless: true, protocolTimeout: 240_000 });
const problems = [], asked = [];
try {
  const page = await browser.newPage();
  page.on("console", (said) => { if (["error", "warn"].includes(said.type())) problems.push(said.text()); });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => asked.push(request.url()));
  page.on("response", (response) => { if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`); });
  await page.setViewport({ width: 390, height: 844 });
  await page.goto(url, { waitUntil: "load" });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  const results = [];
  for (const task of tasks) results.push(await page.evaluate(`(${run})(${JSON.stringify(task)})`));
  await page.screenshot({ path: shot });
  console.log(JSON.stringify({ version: await browser.version(), width, results, problems, asked }));
} finally {
  await browser.close();
}
