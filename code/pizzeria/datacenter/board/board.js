// The servers' board: every second the command that runs the servers says how they are; the buttons say who knocks.
import { $, alarming, s, status, write } from "../../common/wall/wall.js";

const CELL = 10; // of the picture: a thread or a client
const TALL = 120; // of the picture; it is as wide as there is room
const OLD = 3; // s, then a server's own counts are said to be old
const DROPPED = 1; // s between two attempts to reach the command
const HIGH = 22; // of the curve; it is as wide as moments are kept
const ENDED = "the command has ended or does not answer";

const { crowds, moments } = await (await fetch("board.json")).json();
let clients = 0;

const whole = (value) => Math.round(value).toLocaleString("en");
const counted = (number, what) => `${whole(number)} ${what}${number === 1 ? "" : "s"}`;
const megabytes = (bytes) => `${whole(bytes / 2 ** 20)} MB`;
const time = (ms) => (ms < 999.5 ? [whole(ms), "ms"] : [(ms / 1000).toFixed(1), "s"]);

// Threads are squares and clients are discs, as the posts draw them; they shrink until all of them fit.
function picture(svg, threads, knocking) {
  const wide = Math.round((TALL * svg.clientWidth) / Math.max(1, svg.clientHeight)), drawn = `${threads}/${knocking}/${wide}`;
  if (svg.dataset.drawn === drawn) return;
  svg.dataset.drawn = drawn;
  let size = 2.4 * CELL;
  const rows = (count, side) => Math.ceil(count / Math.max(1, Math.floor(wide / side)));
  while (size > 2 && (rows(threads, size) + rows(knocking, size)) * size > TALL - 6) size *= 0.94;
  const across = Math.max(1, Math.floor(wide / size)), top = rows(threads, size) * size + 6;
  const marks = [];
  for (let n = 0; n < threads; n += 1) {
    const side = size * 0.78;
    marks.push(s("rect", { x: (n % across) * size + size * 0.11, y: Math.floor(n / across) * size + size * 0.11, width: side, height: side, rx: size * 0.14, class: threads < 8 ? "few" : "many" }));
  }
  for (let n = 0; n < knocking; n += 1) {
    marks.push(s("circle", { cx: (n % across) * size + size / 2, cy: top + Math.floor(n / across) * size + size / 2, r: size * 0.38 }));
  }
  svg.setAttribute("viewBox", `0 0 ${wide} ${TALL}`);
  svg.setAttribute("preserveAspectRatio", "xMinYMin meet");
  svg.setAttribute("aria-label", `${counted(threads, "thread")} as squares, ${counted(knocking, "client")} as discs`);
  svg.replaceChildren(...marks);
}

function curve(path, trail) {
  const most = Math.max(1, ...trail), from = moments - trail.length, floor = HIGH - 1;
  path.ownerSVGElement.setAttribute("viewBox", `0 0 ${moments} ${HIGH}`);
  path.setAttribute("d", trail.map((rate, n) => `${n ? "L" : "M"}${from + n + 0.5} ${(floor - (floor - 2) * (rate / most)).toFixed(1)}`).join(""));
  return most;
}

function show(house, node) {
  const part = (name) => node.querySelector(`.${name}`);
  node.dataset.alive = String(house.alive);
  write(part("name"), house.name);
  write(part("says"), house.says);
  write(part("words"), house.words);
  const unanswered = house.median === null && house.oldest > 0; // then this much is sure: somebody waits longer
  const [median, unit] = unanswered ? time(1000 * house.oldest) : house.median === null ? ["–", ""] : time(house.median);
  write(part("median"), unanswered ? `> ${median}` : median);
  write(part("unit"), unit);
  const slowest = house.slowest === null ? "" : `1 in 100 longer than ${time(house.slowest).join(" ")}`;
  write(part("slowest"), slowest || (house.waiting ? `${counted(house.waiting, "client")} waiting, none answered lately` : "nobody asks"));
  write(part("rate"), house.rate >= 10 ? whole(house.rate) : house.rate.toFixed(1));
  write(part("served"), `${whole(house.served)} reservations in all`);
  write(part("threads"), counted(house.threads, "thread"));
  write(part("held"), `(squares) for ${counted(house.clients, "client")} (discs)`);
  picture(part("picture"), house.threads, house.clients);
  write(part("processes"), whole(house.processes));
  write(part("cores"), house.cores.toFixed(2));
  write(part("memory"), megabytes(house.memory));
  write(part("connections"), whole(house.connections));
  alarming(part("turned-away"), house.turned_away, whole(house.turned_away));
  alarming(part("errors"), house.errors, whole(house.errors));
  const most = curve(part("line"), house.trail);
  write(part("span"), `the last ${house.trail.length} moments; the top is ${most >= 10 ? whole(most) : most.toFixed(1)}`);
  const old = !house.alive ? "What stands here is what was seen of it last." : house.told_before > OLD ? `Its own counts are ${whole(house.told_before)} s old: our question waits among the others.` : "";
  write(part("told"), old);
}

function draw({ houses, load_cores: cores }) {
  const list = $("houses"), template = /** @type {HTMLTemplateElement} */ ($("house"));
  while (list.children.length < houses.length) list.append(template.content.cloneNode(true));
  houses.forEach((house, n) => show(house, list.children[n]));
  clients = houses[0].clients;
  press();
  const shared = houses.length > 1 ? "The servers, their clients" : "The server, its clients";
  write($("machine"), `${shared} and this board share one machine: the clients and the board take ${cores.toFixed(2)} cores of it now. Look at shapes here; datacenter compare measures.`);
}

function press() {
  for (const button of $("crowds").querySelectorAll("button")) button.setAttribute("aria-pressed", String(Number(button.dataset.clients) === clients));
}

async function play(wanted) {
  clients = wanted;
  press();
  await fetch("clients", { method: "POST", body: String(wanted) }).catch(() => status("offline", ENDED));
}

function listen() {
  const events = new EventSource("events");
  events.onmessage = ({ data }) => {
    status("live");
    draw(JSON.parse(data));
  };
  events.onerror = () => {
    status("offline", ENDED);
    if (events.readyState !== EventSource.CLOSED) return; // it tries again by itself
    setTimeout(listen, 1000 * DROPPED);
  };
}

for (const crowd of crowds) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.clients = crowd;
  button.textContent = crowd === 0 ? "nobody" : String(crowd);
  button.addEventListener("click", () => play(crowd));
  $("crowds").append(button);
}
listen();
