// A reader's edits of a page: kept for as long as the tab is open, and sent as a link whose fragment holds the text.
// A sent edit is shown and waits: it takes part in nothing until its own Run is pressed.
const PLACE = `executable-posts:${location.pathname}`;
const MARK = "#edit=";
const LONGEST = 200_000; // characters of a sent edit; a block has some hundreds
const SECOND = 1000; // milliseconds

/** @type {Record<number, string>} block index -> the reader's source, of what takes part in runs */
export const edits = {};

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(PLACE)) ?? {};
  } catch {
    return {}; // there is no such storage, or something else was in it
  }
}

/** Note an edit, or that there is none (null). of: the post's own source, by which an edit of an older page is known. */
export function keep(index, text, of) {
  if (text === null) delete edits[index];
  else edits[index] = text;
  const kept = stored();
  if (text === null) delete kept[index];
  else kept[index] = { text, of };
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(kept));
  } catch { /* no room: the edit lasts as long as the page */ }
}

/** Give the edit of a block that an earlier visit of this tab left, null if there is none or the post has changed since. */
export function earlier(index, of) {
  const kept = stored()[index];
  return typeof kept?.text === "string" && kept.of === of ? kept.text : null;
}

async function through(bytes, transform) {
  const stream = new Blob([bytes]).stream().pipeThrough(transform);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Give the address of this page with an edit in its fragment. anchor: the block's id. */
export async function link(anchor, text) {
  const packed = await through(new TextEncoder().encode(text), new CompressionStream("deflate-raw"));
  const data = btoa(String.fromCharCode(...packed)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `${location.href.split("#")[0]}${MARK}${encodeURIComponent(anchor)}:${data}`;
}

/** Read an edit from the page's address: {anchor, text}, null if it holds none, or none that can be read. */
export async function sent() {
  if (!location.hash.startsWith(MARK)) return null;
  const [anchor, data] = location.hash.slice(MARK.length).split(":");
  try {
    const packed = Uint8Array.from(atob(data.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
    const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "";
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      text += decoder.decode(piece.value, { stream: true });
      if (text.length > LONGEST) return null; // a few bytes may unpack to a great deal
    }
    return { anchor: decodeURIComponent(anchor), text: text + decoder.decode() };
  } catch {
    return { anchor: "", text: "" };
  }
}

/** Put a text into the clipboard and say so on a button for a moment. */
export async function copied(button, text) {
  const word = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => (button.textContent = word), 2 * SECOND);
}
