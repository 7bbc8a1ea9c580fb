// Printed text as a terminal shows it, chunk by chunk, as the build does for what it recorded (terminal.py).

// Add to a box what was printed.
export function printed(box, text) {
  const node = box.firstChild ?? box.appendChild(document.createTextNode(""));
  const line = box.line ?? "", more = line + text, before = settled(line).length;
  box.line = more.slice(more.lastIndexOf("\n") + 1);
  if (/[\r\b\x1b]/.test(more)) node.replaceData(node.length - before, before, settled(more));
  else node.appendData(text);
}

// Give what stays of a text: a carriage return goes back and overwrites, a backspace takes one away; no colours.
function settled(text) {
  if (!/[\r\b\x1b]/.test(text)) return text;
  return text.replace(/\x1b\[[\d;:?]*[A-Za-z]/g, "").replace(/\r+\n/g, "\n").split("\n").map((line) => {
    const shown = [];
    let at = 0;
    for (const character of line) {
      if (character === "\r") at = 0;
      else if (character === "\b") shown.splice(at = Math.max(0, at - 1), 1);
      else shown[at++] = character;
    }
    return shown.join("");
  }).join("\n");
}
